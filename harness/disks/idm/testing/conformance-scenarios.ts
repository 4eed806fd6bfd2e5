/**
 * Short scenarios, one per behaviour, which between them show every mutant of the drive. The steps are what hosts on
 * several nodes can do too; what they must give stands beside them for the firmware of 2023.
 */
export interface Scenario {
  readonly title: string;
  readonly steps: readonly string[];
  /** Needs a drive with room for this many entries, hosts, and hosts of one mutex only. */
  readonly room?: number;
}

const LOOK = ['list = '];

export const SCENARIOS: readonly Scenario[] = [
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
  {
    title: 'a lease runs out',
    steps: [
      'A trylock lease=100',
      'wait 60',
      'list = r A ex 101',
      'wait 41',
      'list = r A ex 104',
      'A unlock = GOOD',
    ],
  },
  {
    title: 'no lease at all',
    steps: [
      'A trylock sh lease=0',
      'list = r A sh 104',
      'B trylock sh lease=0',
      'list = r A sh 104, r B sh 104',
    ],
  },
  {
    title: 'renewals',
    steps: [
      'A trylock lease=100',
      'wait 40',
      'A refresh lease=100 = GOOD',
      'wait 40',
      'A refresh lease=100 = GOOD',
      'wait 45',
    ].concat(['list = r A ex 101']),
  },
  {
    title: 'a renewal with another lease',
    steps: [
      'A trylock lease=100',
      'A refresh lease=1000 = GOOD',
      'list = r A ex 101',
      'wait 200',
      'list = r A ex 101',
    ],
  },
  {
    title: 'a late renewal',
    steps: [
      'A trylock lease=100',
      'wait 200',
      'list = r A ex 104',
      'A refresh lease=100 = GOOD',
      'list = r A ex 101',
    ],
  },
  { title: 'renewal by a stranger', steps: ['A trylock', 'B refresh = RC', 'list = r A ex 101'] },
  {
    title: 'demotion and promotion',
    steps: [
      'A trylock',
      'A refresh sh = GOOD',
      'list = r A sh 101',
      'A refresh = GOOD',
      'list = r A ex 101',
      'A unlock = GOOD',
    ],
  },
  {
    title: 'promotion beside a live sharer',
    steps: ['A trylock sh', 'B trylock sh', 'A refresh = CT', 'list = r A sh 103, r B sh 103'],
  },
  {
    title: 'promotion beside an expired sharer',
    steps: [
      'A trylock sh lease=1000',
      'B trylock sh lease=100',
      'wait 200',
      'A refresh lease=1000 = CT',
      'list = r A sh 101, r B sh 104',
    ],
  },
  {
    title: 'expired holders keep others out',
    steps: ['A trylock lease=100', 'wait 200', 'B trylock = RC', 'B trylock sh = RC', 'list = r A ex 104'],
  },
  {
    title: 'expired sharers keep an exclusive one out',
    steps: ['A trylock sh lease=100', 'wait 200', 'B trylock = RC', 'list = r A sh 104'],
  },
  {
    title: 'break of a live holder',
    steps: ['A trylock lease=100', 'wait 70', 'B break = RC', 'list = r A ex 101'],
  },
  {
    title: 'break of an expired holder',
    steps: [
      'A trylock lease=100',
      'wait 120',
      'list = r A ex 104',
      'B break = GOOD',
      'list = r B ex 101',
      'A unlock = RC',
    ],
  },
  {
    title: 'the old holder after a break',
    steps: [
      'A trylock lease=100',
      'wait 200',
      'B break = GOOD',
      'A refresh = RC',
      'A unlock sh = RC',
      'list = r B ex 101',
    ],
  },
  {
    title: 'a sharer breaks the others',
    steps: [
      'A trylock sh lease=1000',
      'B trylock sh lease=100',
      'wait 200',
      'A break = GOOD',
      'list = r A ex 101',
    ],
  },
  {
    title: 'break by the only holder',
    steps: ['A trylock lease=100', 'wait 60', 'A break lease=100 = GOOD', 'wait 40', 'list = r A ex 101'],
  },
  {
    title: 'a lease without an end',
    steps: [
      'A trylock lease=endless',
      'wait 99999',
      'list = r A ex 101',
      'B break = GOOD',
      'list = r B ex 101',
    ],
  },
  {
    title: 'destroy of a held mutex',
    steps: ['A trylock lease=100', 'wait 70', 'A destroy = RC', 'list = r A ex 101'],
  },
  {
    title: 'destroy of an expired mutex',
    steps: ['A trylock lease=100', 'wait 200', 'B destroy = GOOD', 'list = '],
  },
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
