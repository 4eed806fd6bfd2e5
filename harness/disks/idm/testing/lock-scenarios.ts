import type { Scenario } from './scenario.js';

const LOOK = ['list = '];

/** Locks that are asked for, shared and given back, while no lease runs out. */
export const LOCK_SCENARIOS: readonly Scenario[] = [
  { title: 'an empty table', steps: ['list = ', 'count = 0', 'op9 A = 07/31', ...LOOK] },
  {
    title: 'nothing there',
    steps: ['A unlock = OOR', 'A refresh = OOR', 'A break = OOR', 'A destroy = OOR', ...LOOK],
  },
  {
    title: 'init',
    steps: ['A init = GOOD', 'list = r A ex 101', 'A init = RC', 'B init = RC', 'list = r A ex 101'],
  },
  {
    title: 'one that goes on trying',
    steps: ['A trylock', 'B trylock = RC', 'B trylock = RC', 'B trylock = RC', 'list = r A ex 101'],
  },
  { title: 'init of a record', steps: ['A trylock', 'A unlock', 'B init = RC', 'list = r A ex 102'] },
  { title: 'init is a lock', steps: ['A init = GOOD', 'list = r A ex 101'] },
  {
    title: 'exclusive twice',
    steps: ['A trylock = GOOD', 'A trylock = CT', 'A trylock sh = CT', 'list = r A ex 101'],
  },
  {
    title: 'shared twice',
    steps: ['A trylock sh = GOOD', 'A trylock sh = CT', 'A trylock = CT', 'list = r A sh 101'],
  },
  {
    title: 'exclusive against exclusive',
    steps: ['A trylock', 'B trylock = RC', 'list = r A ex 101', 'count = 1'],
  },
  { title: 'at the same time', steps: ['A trylock', '& B trylock = RC', 'list = r A ex 101'] },
  { title: 'exclusive against shared', steps: ['A trylock sh', 'B trylock = RC', 'list = r A sh 101'] },
  { title: 'shared against exclusive', steps: ['A trylock', 'B trylock sh = RC', 'list = r A ex 101'] },
  {
    title: 'sharers come and go',
    steps: [
      'A trylock sh',
      'B trylock sh = GOOD',
      'C trylock sh = GOOD',
      'list = r A sh 103, r B sh 103, r C sh 103',
    ].concat([
      'count = 3',
      'A unlock sh = GOOD',
      'list = r B sh 103, r C sh 103',
      'B unlock sh = GOOD',
      'list = r C sh 101',
      'C unlock sh = GOOD',
      'list = ',
      'C unlock sh = OOR',
      'C refresh sh = OOR',
      'C destroy sh = OOR',
      'count = 0',
    ]),
  },
  {
    title: 'an exclusive lock is released and taken over',
    steps: [
      'A trylock',
      'C trylock on=s',
      'A unlock = GOOD',
      'list = r A ex 102, s C ex 101',
      'count = 2',
    ].concat(['B trylock sh = GOOD', 'list = r B sh 101, s C ex 101']),
  },
  {
    title: 'a record that nobody holds',
    steps: [
      'A trylock',
      'A unlock',
      'A unlock = GOOD',
      'B unlock = GOOD',
      'A refresh = RC',
      'A break = RC',
    ].concat(['list = r A ex 102', 'A destroy = GOOD', 'list = ']),
  },
  { title: 'unlock by a stranger', steps: ['A trylock', 'B unlock = RC', 'list = r A ex 101'] },
  {
    title: 'unlock of the other class',
    steps: ['A trylock', 'A unlock sh = CT', 'list = r A ex 101', 'A unlock = GOOD'],
  },
];
