/** Assertions 13.3 of spec idm: lease, refresh, break, destroy, and what the table survives. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2023, type Firmware } from './firmware.js';
import { TestDrive } from './testing/drive.js';
import { runSteps, wordFor } from './testing/steps.js';

type Row = readonly [title: string, steps: readonly string[], switches?: Partial<Firmware>];

const ROWS: readonly Row[] = [
  [
    'IDM-38: an entry that is not refreshed in time reads 0104h and stays',
    [
      'A trylock lease=5000',
      'wait 5000',
      'list = r A ex 101',
      'wait 0.001',
      'list = r A ex 104',
      'wait 99999',
    ].concat(['list = r A ex 104', 'count = 1']),
  ],
  ['IDM-39: a countdown of 0 is expired at once', ['A trylock sh lease=0 = GOOD', 'list = r A sh 104']],
  [
    'IDM-40: REFRESH at half the lease keeps the lock',
    Array.from({ length: 5 }, () => ['wait 2500', 'A refresh lease=5000 = GOOD', 'list = r A ex 101']).flat(),
  ],
  [
    'IDM-41: REFRESH by the expired holder is GOOD and revives it',
    ['A trylock lease=10', 'wait 100', 'list = r A ex 104', 'A refresh lease=10 = GOOD', 'list = r A ex 101'],
  ],
  ['IDM-42: REFRESH by a stranger is a conflict', ['A trylock', 'B refresh = RC', 'list = r A ex 101']],
  [
    'IDM-43: REFRESH of an unlocked record is a conflict',
    ['A trylock', 'A unlock', 'A refresh = RC', 'list = r A ex 102'],
  ],
  [
    'IDM-44: REFRESH replaces the countdown',
    [
      'A trylock lease=60000',
      'A refresh lease=10',
      'wait 11',
      'list = r A ex 104',
      'A refresh lease=1000',
      'wait 11',
    ].concat(['list = r A ex 101']),
  ],
  [
    'IDM-45: REFRESH from exclusive to shared is GOOD, live or expired',
    [
      'A trylock lease=10',
      'A refresh sh lease=10 = GOOD',
      'B trylock sh = GOOD',
      'A trylock on=s lease=10',
      'wait 11',
    ].concat(['A refresh sh on=s = GOOD', 'list = r A sh 104, r B sh 101, s A sh 101']),
  ],
  [
    'IDM-46: REFRESH from shared to exclusive by the only sharer is GOOD, live or expired',
    [
      'A trylock sh lease=10',
      'A refresh lease=10 = GOOD',
      'B trylock sh = RC',
      'wait 11',
      'A refresh sh lease=10',
    ].concat(['wait 11', 'A refresh lease=10 = GOOD', 'list = r A ex 101']),
  ],
  [
    'IDM-47: with another live sharer it is terminated, and both stay sharers, unrenewed',
    [
      'A trylock sh lease=10',
      'B trylock sh',
      'wait 6',
      'A refresh = CT',
      'list = r A sh 103, r B sh 103',
      'wait 5',
    ].concat(['list = r A sh 104, r B sh 101']),
  ],
  [
    'IDM-48: with another expired sharer too',
    ['A trylock sh', 'B trylock sh lease=10', 'wait 11', 'A refresh = CT', 'list = r A sh 101, r B sh 104'],
  ],
  ...(['ex ex', 'ex sh', 'sh ex'] as const).map((pair): Row => {
    const [from, to] = pair.split(' ');
    return [
      `IDM-49, IDM-50, IDM-51: BREAK ${from} -> ${to} after expiry makes the caller the only holder`,
      [
        `A trylock ${from} lease=10`,
        `B break ${to} = RC`,
        'wait 11',
        `B break ${to} = GOOD`,
        `list = r B ${to} 101`,
      ].concat([
        'A unlock = RC',
        'A unlock sh = RC',
        'A refresh = RC',
        'A refresh sh = RC',
        `list = r B ${to} 101`,
        `B unlock ${to} = GOOD`,
      ]),
    ];
  }),
  [
    'IDM-52: a sharer breaks its expired co-sharers and is promoted',
    [
      'A trylock sh',
      'B trylock sh lease=10',
      'C trylock sh lease=10',
      'wait 11',
      'A break = GOOD',
      'list = r A ex 101',
    ],
  ],
  [
    'IDM-53: BREAK while another holder is live is a conflict, and changes nothing',
    [
      'A trylock sh',
      'B trylock sh lease=10',
      'wait 11',
      'C break = RC',
      'B break = RC',
      'list = r A sh 101, r B sh 104',
    ],
  ],
  [
    'refusedBreakEvictsExpired: a refused BREAK removes the expired holders, never the live or its own',
    ['A trylock sh', 'B trylock sh lease=10', 'C trylock sh lease=10', 'wait 11', 'B break = RC'].concat([
      'list = r A sh 101, r B sh 104',
    ]),
    { refusedBreakEvictsExpired: true },
  ],
  [
    'IDM-54: BREAK of an unlocked record is a conflict',
    ['A trylock', 'A unlock', 'B break = RC', 'list = r A ex 102'],
  ],
  [
    'IDM-55: BREAK by the only holder restarts its lease',
    [
      'A trylock lease=10',
      'wait 6',
      'A break lease=10 = GOOD',
      'wait 6',
      'list = r A ex 101',
      'A break sh = GOOD',
    ].concat(['list = r A sh 101']),
  ],
  [
    'IDM-56: a countdown of all ones does not expire, and does not protect against BREAK',
    [
      'A trylock lease=endless',
      'wait 1000000000',
      'list = r A ex 101',
      'B trylock = RC',
      'A destroy = RC',
    ].concat(['B break = GOOD', 'list = r B ex 101']),
  ],
  [
    'IDM-57: DESTROY of an unlocked record removes it',
    ['A trylock', 'A unlock', 'A destroy = GOOD', 'count = 0'],
  ],
  [
    'DESTROY does not ask for host or class (spec idm 6.2)',
    ['A trylock', 'A unlock', 'B destroy sh = GOOD', 'count = 0'],
  ],
  [
    'IDM-58: DESTROY while a holder is live is a conflict',
    [
      'A trylock sh',
      'B trylock sh lease=10',
      'wait 11',
      'A destroy sh = RC',
      'B destroy sh = RC',
      'count = 2',
    ],
  ],
  [
    'IDM-59: DESTROY of expired holders only is GOOD',
    ['A trylock sh lease=10', 'B trylock sh lease=10', 'wait 11', 'C destroy = GOOD', 'count = 0'],
  ],
  [
    'destroyExpired: a conflict on 2020 firmware',
    ['A trylock lease=10', 'wait 11', 'A destroy = RC', 'list = r A ex 104'],
    { destroyExpired: 'conflict' },
  ],
  [
    'IDM-61: the table survives resets of unit and target',
    [
      'A trylock',
      'A trylock on=s',
      'A unlock on=s',
      'unit-reset',
      'target-reset',
      'list = r A ex 101, s A ex 102',
    ],
  ],
  ['a power cut loses the table (spec idm 1)', ['A trylock', 'power-cut', 'count = 0', 'B trylock = GOOD']],
];

void describe('lease, refresh, break and destroy', () => {
  for (const [title, steps, switches] of ROWS) {
    void it(title, () => {
      const drive = new TestDrive(new MutexCommands({ ...FIRMWARE_2023, ...switches }));
      if (title.startsWith('IDM-40')) runSteps(drive, ['A trylock lease=5000']);
      runSteps(drive, steps);
    });
  }

  void it('IDM-61: who holds what does not depend on the nexus', () => {
    const drive = new TestDrive(new MutexCommands(FIRMWARE_2023));
    drive.op('trylock', { host: 'A' }, 'path 1');
    assert.equal(wordFor(drive.op('trylock', { host: 'B' }, 'path 1')), 'RC');
    assert.equal(wordFor(drive.op('trylock', { host: 'A' }, 'path 2')), 'CT');
    assert.equal(wordFor(drive.op('unlock', { host: 'A' }, 'path 2')), 'GOOD');
  });
});
