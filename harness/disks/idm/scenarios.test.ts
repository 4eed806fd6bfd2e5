/** Scenarios S-43 to S-57 of spec idm 12: one drive, answers as the errno that hosts make of them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MutexCommands } from './commands.js';
import { nameOf, TestDrive } from './testing/drive.js';
import { runSteps } from './testing/steps.js';

const desk = () => new TestDrive(new MutexCommands());

const SCENARIOS: readonly (readonly [title: string, steps: readonly string[]])[] = [
  ['S-43 exclusive lock, unlock, destroy', ['A trylock = 0', 'A unlock = 0', 'A destroy = 0']],
  ['S-44 shared lock, unlock, destroy', ['A trylock sh = 0', 'A unlock sh = 0', 'A destroy sh = -2']],
  [
    'S-45 exclusive twice',
    ['A trylock = 0', 'A trylock = -11', 'A unlock = 0', 'A unlock = 0', 'A destroy = 0'],
  ],
  [
    'S-46 shared twice',
    ['A trylock sh = 0', 'A trylock sh = -11', 'A unlock sh = 0', 'A unlock sh = -2', 'A destroy sh = -2'],
  ],
  [
    'S-47 two hosts exclusive',
    ['A trylock = 0', 'B trylock = -16', 'A unlock = 0', 'B unlock = 0', 'A destroy = 0'],
  ],
  [
    'S-48 two hosts shared',
    [
      'A trylock sh = 0',
      'B trylock sh = 0',
      'A unlock sh = 0',
      'A destroy sh = -16',
      'B unlock sh = 0',
      'A destroy sh = -2',
    ],
  ],
  ...[
    ['ex', 'ex'],
    ['ex', 'sh'],
    ['sh', 'ex'],
  ].flatMap(([from, to]) =>
    ['ex', 'sh'].map((named): readonly [string, readonly string[]] => [
      `S-49 break ${from} -> ${to} after a lease of 5 s, the old host unlocks ${named}`,
      [
        `A trylock ${from} lease=5000 = 0`,
        `B trylock ${to} = -16`,
        `B break ${to} = -16`,
        'wait 5001',
        `B trylock ${to} = -16`,
        `B break ${to} = 0`,
        `A unlock ${named} = -2`,
        `B unlock ${to} = 0`,
      ],
    ]),
  ),
  [
    'S-50 convert by the sole holder',
    ['A trylock sh = 0', 'A refresh = 0', 'A refresh sh = 0', 'A refresh ex = 0', 'A unlock = 0'],
  ],
  [
    'S-51 promote with a second sharer',
    [
      'A trylock sh',
      'B trylock sh',
      'A refresh = -1',
      'B refresh = -1',
      'A unlock sh = 0',
      'B unlock sh = 0',
    ],
  ],
  ...['ex', 'sh'].map((mode): readonly [string, readonly string[]] => [
    `S-52 three renewals every 5 s on a lease of 10 s, ${mode}`,
    [`A trylock ${mode} lease=10000`]
      .concat(...Array.from({ length: 3 }, () => ['wait 5000', `A refresh ${mode} lease=10000 = 0`]))
      .concat([`A unlock ${mode} = 0`]),
  ]),
  ...['ex ex', 'sh sh', 'ex sh', 'sh ex'].map((pair): readonly [string, readonly string[]] => {
    const [from, to] = pair.split(' ');
    return [
      `S-53 renewal 7 s into a lease of 5 s, ${from} -> ${to}`,
      [`A trylock ${from} lease=5000`, 'wait 7000', `A refresh ${to} lease=5000 = 0`, `A unlock ${to} = 0`],
    ];
  }),
  [
    'S-57 two ids on one drive',
    [
      'A trylock on=p = 0',
      'A trylock on=q = 0',
      'B trylock on=p = -16',
      'A unlock on=p = 0',
      'B trylock on=p = 0',
    ].concat(['B trylock on=q = -16']),
  ],
];

/** Host count as hosts compute it: live entries of others, and of oneself (spec idm 7). */
function counts(drive: TestDrive, host: string): readonly [others: number, self: number] {
  const live = drive.entries().filter(({ state }) => state === 0x0101n || state === 0x0103n);
  const own = live.filter(({ hostId }) => nameOf(hostId) === host).length;
  return [live.length - own, own];
}

void describe('drive-level scenarios', () => {
  for (const [title, steps] of SCENARIOS)
    void it(title, () => {
      runSteps(desk(), steps);
    });

  void it('S-54 LVB: zeros, a text and a binary value come back, seven bytes of them', () => {
    const drive = desk();
    const written = ['00000000000000', '67666564636261', 'ff0080017f5aa5'];
    for (const value of written) {
      runSteps(drive, ['A trylock = 0', `A unlock lvb=${value} = 0`, 'A trylock = 0']);
      assert.equal(drive.entries()[0]?.lvb.toString('hex'), value);
      runSteps(drive, [`A unlock lvb=${value} = 0`]);
    }
  });

  void it('S-55 host counts for one to three hosts, from each viewpoint and from a stranger', () => {
    const drive = desk();
    const hosts = ['A', 'B', 'C'];
    for (const [index, host] of hosts.entries()) {
      runSteps(drive, [`${host} trylock sh = 0`]);
      for (const [other, viewer] of hosts.entries())
        assert.deepEqual(counts(drive, viewer), other <= index ? [index, 1] : [index + 1, 0]);
      assert.deepEqual(counts(drive, 'stranger'), [index + 1, 0]);
    }
    runSteps(drive, ['A unlock sh = 0']);
    assert.deepEqual(
      [counts(drive, 'A'), counts(drive, 'B')],
      [
        [2, 0],
        [1, 1],
      ],
    );
  });

  void it('S-56 mode: unlocked, exclusive, shared', () => {
    const drive = desk();
    runSteps(drive, [
      'A trylock',
      'list = r A ex 101',
      'A unlock',
      'list = r A ex 102',
      'A trylock sh',
      'list = r A sh 101',
    ]);
  });

  void it('S-57 two drives in parallel do not know of each other', () => {
    const [one, two] = [desk(), desk()];
    runSteps(one, ['A trylock = 0']);
    runSteps(two, ['B trylock = 0']);
    runSteps(one, ['B trylock = -16']);
  });
});
