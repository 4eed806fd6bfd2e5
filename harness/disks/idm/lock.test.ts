/** Assertions 13.2 of spec idm: lock and unlock. */
import { describe, it } from 'node:test';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2023, type Firmware } from './firmware.js';
import { TestDrive } from './testing/drive.js';
import { runSteps } from './testing/steps.js';

/** Title, steps, switches. */
type Row = readonly [title: string, steps: readonly string[], switches?: Partial<Firmware>];

const ROWS: readonly Row[] = [
  [
    'IDM-19: TRYLOCK of an absent mutex makes one entry, 0101h',
    ['A trylock = GOOD', 'list = r A ex 101', 'count = 1'],
  ],
  [
    'IDM-20: INIT of an absent mutex leaves it held',
    ['A init sh = GOOD', 'list = r A sh 101', 'B trylock = RC'],
  ],
  [
    'IDM-21: INIT of an existing mutex is a conflict, held or unlocked',
    [
      'A trylock',
      'A init = RC',
      'B init = RC',
      'A unlock',
      'A init = RC',
      'B init = RC',
      'list = r A ex 102',
    ],
  ],
  [
    'IDM-22: UNLOCK, REFRESH, BREAK and DESTROY of an absent mutex find nothing and make nothing',
    ['A unlock = OOR', 'A refresh = OOR', 'A break = OOR', 'A destroy = OOR', 'count = 0'],
  ],
  [
    'IDM-23: a second TRYLOCK by the live holder is terminated for both classes',
    ['A trylock', 'A trylock = CT', 'A trylock sh = CT', 'list = r A ex 101', 'B trylock sh on=s'].concat([
      'B trylock sh on=s = CT',
      'B trylock on=s = CT',
      'list = r A ex 101, s B sh 101',
    ]),
  ],
  [
    'relockLive: 2020 firmware likely gave a conflict',
    ['A trylock', 'A trylock = RC'],
    { relockLive: 'conflict' },
  ],
  [
    'a second TRYLOCK by the expired holder is terminated',
    ['A trylock lease=10', 'wait 11', 'A trylock = CT', 'list = r A ex 104'],
  ],
  [
    'relockExpired: a conflict on 2020 firmware',
    ['A trylock lease=10', 'A trylock = CT', 'wait 11', 'A trylock = RC'],
    { relockExpired: 'conflict' },
  ],
  ['IDM-24: exclusive against exclusive is a conflict', ['A trylock', 'B trylock = RC', 'list = r A ex 101']],
  [
    'IDM-25: shared beside shared is GOOD and adds an entry',
    ['A trylock sh', 'B trylock sh = GOOD', 'C trylock sh = GOOD', 'count = 3'],
  ],
  [
    'IDM-26: exclusive against shared and shared against exclusive are conflicts',
    ['A trylock sh', 'B trylock = RC', 'A trylock on=s', 'B trylock sh on=s = RC', 'count = 2'],
  ],
  [
    'class 1 bears nobody beside it, and is reported back (spec idm 6.1)',
    ['A trylock pw = GOOD', 'B trylock pw = RC', 'B trylock sh = RC', 'B trylock = RC', 'list = r A pw 101'],
  ],
  ['class 1 against shared is a conflict', ['A trylock sh', 'B trylock pw = RC']],
  [
    'IDM-27: expired holders of a conflicting class keep TRYLOCK out until somebody breaks',
    [
      'A trylock lease=10',
      'A trylock sh on=s lease=10',
      'wait 11',
      'B trylock = RC',
      'B trylock sh = RC',
    ].concat(['B trylock on=s = RC', 'B break = GOOD', 'list = s A sh 104, r B ex 101']),
  ],
  [
    'a sharer joins expired sharers (spec idm 6.2)',
    ['A trylock sh lease=10', 'wait 11', 'B trylock sh = GOOD', 'list = r A sh 104, r B sh 101'],
  ],
  [
    'IDM-28: TRYLOCK of an unlocked record takes it over, in its place',
    ['A trylock', 'C trylock on=s', 'A unlock', 'B trylock sh = GOOD', 'list = r B sh 101, s C ex 101'],
  ],
  ['IDM-29: UNLOCK by the live holder is GOOD', ['A trylock', 'A unlock = GOOD', 'B trylock = GOOD']],
  [
    'IDM-30: UNLOCK by the expired holder is GOOD',
    ['A trylock lease=10', 'wait 5000', 'A unlock = GOOD', 'list = r A ex 102'],
  ],
  ['IDM-31: UNLOCK by a stranger is a conflict', ['A trylock', 'B unlock = RC', 'list = r A ex 101']],
  [
    'IDM-32: UNLOCK naming the other class is terminated and keeps the lock',
    [
      'A trylock',
      'A unlock sh = CT',
      'list = r A ex 101',
      'B trylock sh on=s',
      'B unlock on=s = CT',
      'count = 2',
    ],
  ],
  [
    'IDM-33: after exclusive UNLOCK the record is listed as 0102h and counted',
    ['A trylock', 'A unlock', 'list = r A ex 102', 'count = 1', 'wait 100000', 'list = r A ex 102'],
  ],
  [
    'IDM-34: UNLOCK of an unlocked record by anybody is GOOD and changes nothing',
    ['A trylock', 'A unlock lvb=01020304050607', 'A unlock = GOOD', 'B unlock = GOOD', 'list = r A ex 102'],
  ],
  [
    'unlockOfUnlocked: a conflict on 2020 firmware',
    ['A trylock', 'A unlock = GOOD', 'A unlock = RC'],
    { unlockOfUnlocked: 'conflict' },
  ],
  [
    'IDM-35: after the last shared UNLOCK the mutex is gone',
    ['A trylock sh', 'A unlock sh = GOOD', 'count = 0', 'A unlock sh = OOR', 'A destroy sh = OOR'],
  ],
  [
    'keepLastShared: it leaves a record instead',
    [
      'A trylock sh',
      'A unlock sh',
      'list = r A sh 102',
      'A unlock sh = GOOD',
      'A destroy sh = GOOD',
      'count = 0',
    ],
    { keepLastShared: true },
  ],
  [
    'IDM-36: when one of two sharers leaves, its entry goes and the other stays',
    [
      'A trylock sh',
      'B trylock sh',
      'A unlock sh = GOOD',
      'list = r B sh 101',
      'C trylock = RC',
      'A unlock sh = RC',
    ],
  ],
  [
    'IDM-37: two live sharers are 0103h, one is 0101h',
    ['A trylock sh', 'B trylock sh lease=10', 'list = r A sh 103, r B sh 103', 'wait 11'].concat([
      'list = r A sh 101, r B sh 104',
    ]),
  ],
  [
    'reportsMultipleLocked off: always 0101h',
    ['A trylock sh', 'B trylock sh', 'list = r A sh 101, r B sh 101'],
    { reportsMultipleLocked: false },
  ],
  [
    'LOCK is like TRYLOCK',
    ['A lock = GOOD', 'A lock = CT', 'A unlock', 'B lock sh = GOOD', 'A lock sh = GOOD', 'C lock = RC'],
  ],
];

void describe('lock and unlock', () => {
  for (const [title, steps, switches] of ROWS) {
    void it(title, () => {
      runSteps(new TestDrive(new MutexCommands({ ...FIRMWARE_2023, ...switches })), steps);
    });
  }
});
