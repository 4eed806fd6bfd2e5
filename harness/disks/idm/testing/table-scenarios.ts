import type { Scenario } from './scenario.js';

/** What a drive keeps beside the locks, what it tells of them, what it survives, and for how many it has room. */
export const TABLE_SCENARIOS: readonly Scenario[] = [
  {
    title: 'the LVB goes from holder to holder',
    steps: [
      'A trylock',
      'list = r A ex 101',
      'A unlock lvb=01020304050607',
      'list = r A ex 102',
      'B trylock',
      'list = r B ex 101',
    ],
  },
  {
    title: 'a new mutex has a zero LVB, whatever comes with the lock',
    steps: ['A trylock lvb=01020304050607', 'list = r A ex 101'],
  },
  {
    title: 'the LVB of several sharers',
    steps: [
      'A trylock',
      'A unlock lvb=01020304050607',
      'A trylock sh',
      'B trylock sh',
      'list = r A sh 103, r B sh 103',
    ],
  },
  {
    title: 'the LVB survives a break, and not a destroy',
    steps: [
      'A trylock',
      'A unlock lvb=01020304050607',
      'A trylock lease=100',
      'wait 200',
      'B break',
      'list = r B ex 101',
    ].concat(['B unlock control=0', 'B destroy', 'A trylock', 'list = r A ex 101']),
  },
  {
    title: 'metadata, time and countdown are echoed',
    steps: [
      'A trylock meta=feed time=4660 lease=5000',
      'wait 3000',
      'list = r A ex 101',
      'A refresh meta=feed time=4661 lease=5000',
      'list = r A ex 101',
    ],
  },
  {
    title: 'groups',
    steps: [
      'A trylock group=2',
      'A trylock sh',
      'B trylock sh',
      'count = 3',
      'list = r A sh 103, r B sh 103',
    ],
  },
  {
    title: 'lists of groups',
    steps: ['A trylock', 'B trylock on=s group=2', 'list = r A ex 101', 'list group=2 = s B ex 101'],
  },
  {
    title: 'byte 1 that looks like the other direction',
    steps: ['A trylock byte1=21 = GOOD', 'list byte1=20 = r A ex 101', 'dataless = 05/24'],
  },
  { title: 'the version', steps: ['version = 112 1'] },
  {
    title: 'wipe',
    steps: ['A trylock', 'B trylock on=s', 'B unlock on=s', 'wipe = GOOD', 'list = ', 'B trylock = GOOD'],
  },
  {
    title: 'a session ends',
    steps: [
      'A trylock',
      'relogin A',
      'list = r A ex 101',
      'A refresh = GOOD',
      'relogin A',
      'A unlock = GOOD',
    ],
  },
  {
    title: 'a session ends before a list',
    steps: ['A trylock', 'relogin A', 'A refresh = GOOD', 'list = r A ex 101'],
  },
  { title: 'a unit is reset', steps: ['A trylock', 'unit-reset', 'list = r A ex 101', 'B trylock = RC'] },
  {
    title: 'a target is reset',
    steps: ['A trylock', 'target-reset', 'A unlock = GOOD', 'list = r A ex 102'],
  },
  { title: 'a power cut', steps: ['A trylock', 'power-cut', 'list = ', 'B trylock = GOOD'] },
  {
    title: 'two paths of one host',
    steps: ['A trylock via=1', 'A refresh via=2 = GOOD', 'A unlock via=1 = GOOD'],
  },
  {
    title: 'room for entries',
    room: 3,
    steps: ['A trylock on=p', 'A trylock on=q', 'A trylock on=s', 'A trylock on=t = 07/40'],
  },
  {
    title: 'room for hosts',
    room: 3,
    steps: [
      'A trylock',
      'A destroy = RC',
      'B trylock on=p',
      'C trylock sh on=q',
      'A unlock',
      'A destroy',
      'D trylock on=s',
      'count = 3',
    ],
  },
  {
    title: 'room for sharers',
    room: 3,
    steps: ['A trylock sh', 'B trylock sh', 'C trylock sh', 'D trylock sh = 07/42', 'count = 3'],
  },
];
