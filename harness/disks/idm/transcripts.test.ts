/** What the raw transcripts of 2020 show of the drive (spec idm 11), on the firmware model with the switches of 2020. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { legacyReadCdb, legacyWriteCdb, MUTEX_OP } from './cdb.js';
import { MutexCommands } from './commands.js';
import { FIRMWARE_2020, FIRMWARE_2023 } from './firmware.js';
import { TestDrive, wireId, wishBlock } from './testing/drive.js';
import { runSteps, wordFor } from './testing/steps.js';

const desk = () => new TestDrive(new MutexCommands(FIRMWARE_2020));

/** Sense of r13b for a full table, whole. */
const full = (asc: string) => `7207${asc}0000000014` + '03020001' + '800e' + '00'.repeat(14);

void describe('transcripts of 2020', () => {
  void it('SB2_SameHost128RID: 128 ids of one host, shared, countdown 0, then 07/40', () => {
    const drive = desk();
    for (let n = 1; n <= 128; n += 1)
      assert.equal(wordFor(drive.op('trylock', { resource: `r${n}`, mode: 'sh', lease: 0n })), 'GOOD');
    const last = drive.op('trylock', { resource: 'r129', mode: 'sh', lease: 0n });
    assert.equal(last.sense.toString('hex'), full('40'));
    assert.ok(drive.entries().every(({ state }) => state === 0x0104n));
    assert.equal(drive.entries().length, 128);
  });

  void it('SB2_SameRID33Hosts: 32 sharers, then 07/42; 34 blocks read are 32 and two end markers', () => {
    const drive = desk();
    for (let n = 1; n <= 33; n += 1) {
      const { status, sense } = drive.op('trylock', { host: `H${n}`, mode: 'sh', lease: 0n });
      assert.equal(status, n <= 32 ? 0x00 : 0x02);
      assert.equal(sense.toString('hex'), n <= 32 ? '' : full('42'));
    }
    const blocks = drive.blocksRead(34);
    assert.equal(blocks.length, 34);
    assert.deepEqual(
      blocks.map((block) => block.readBigUInt64BE(0)),
      [...Array<bigint>(32).fill(0x0104n), 0xdeadn, 0xdeadn],
    );
    assert.ok(blocks.slice(32).every((block) => block.subarray(8).every((byte) => byte === 0)));
    assert.equal(drive.count(), 0x20);
  });

  void it('SB2_33Hosts33RID: 32 hosts, then 07/41; counters of groups 2 and 3', () => {
    for (const group of [2, 3]) {
      const drive = desk();
      for (let n = 1; n <= 33; n += 1) {
        const { sense } = drive.op('trylock', {
          host: `H${n}`,
          resource: `r${n}`,
          mode: 'sh',
          lease: 0n,
          group,
        });
        assert.equal(sense.toString('hex'), n <= 32 ? '' : full('41'));
      }
      const { dataIn } = drive.read(legacyReadCdb(1, 0xff), 512);
      assert.equal(dataIn.toString('hex', 0, 8), group === 2 ? '0020000000200000' : '0020000000000020');
      assert.equal(drive.blocksRead(34, 1).filter((block) => block.readBigUInt64BE(0) === 0xdeadn).length, 2);
    }
  });

  const LIFECYCLE: readonly (readonly [title: string, steps: readonly string[]])[] = [
    ['step 2: an empty table reads as end markers', ['count = 0', 'list = ']],
    [
      '5a-5f: nothing but a lock makes a mutex',
      ['A unlock = OOR', 'A refresh = OOR', 'A break = OOR', 'A destroy = OOR', 'count = 0'],
    ],
    ['6: INIT makes a held mutex at once', ['A init lease=30000 = GOOD', 'list = r A ex 101']],
    [
      '6a-6f: the lease of 30 s runs out, REFRESH revives it',
      [
        'A init lease=30000',
        'wait 30001',
        'list = r A ex 104',
        'A refresh lease=30000 = GOOD',
        'list = r A ex 101',
      ],
    ],
    ['6g: INIT of a held mutex is a conflict', ['A init', 'A init = RC']],
    ['6o: LOCK against a holder is a conflict, where BUSY was expected', ['A init', 'B lock = RC']],
    [
      '6x-6y: BREAK by the only holder is GOOD',
      ['A init lease=30000', 'A break lease=30000 = GOOD', 'list = r A ex 101'],
    ],
    ['L1, L3: UNLOCK and REFRESH by a stranger are conflicts', ['A init', 'B unlock = RC', 'B refresh = RC']],
    ['L8: the record survives UNLOCK', ['A init', 'A unlock = GOOD', 'list = r A ex 102', 'count = 1']],
    [
      'L9: on an unlocked record REFRESH, BREAK, INIT and UNLOCK are conflicts',
      [
        'A init',
        'A unlock',
        'A refresh = RC',
        'A break = RC',
        'A init = RC',
        'A unlock = RC',
        'list = r A ex 102',
      ],
    ],
    [
      'LI1, T9: DESTROY of an expired mutex is a conflict',
      ['A init lease=30000', 'wait 30001', 'A destroy = RC', 'count = 1'],
    ],
    ['LI5: DESTROY of a held mutex is a conflict', ['A init', 'A destroy = RC', 'list = r A ex 101']],
    ['T1-T4: TRYLOCK makes one entry, 0101h', ['A trylock = GOOD', 'list = r A ex 101', 'count = 1']],
    [
      'S3, S11: a lock by the holder itself is a conflict',
      ['A trylock sh', 'A trylock sh = RC', 'count = 1'],
    ],
    [
      'U1-U2: TRYLOCK of an unlocked record shows the new host',
      ['A trylock', 'A unlock', 'B trylock = GOOD', 'list = r B ex 101'],
    ],
    [
      'D3-D4: DESTROY of an unlocked record removes it',
      ['A trylock', 'A unlock', 'A destroy = GOOD', 'count = 0'],
    ],
  ];
  for (const [title, steps] of LIFECYCLE)
    void it(`SB2_00d ${title}`, () => {
      runSteps(desk(), steps);
    });

  void it('SB2_00d 6a, L6: metadata FE ED, time and countdown come back as sent', () => {
    const drive = desk();
    const metadata = Buffer.alloc(64, Buffer.from('feed', 'hex'));
    drive.op('init', { metadata, lease: 30_000n, time: 0x1234n });
    drive.wait(29_000);
    const [entry] = drive.entries();
    assert.deepEqual(entry?.metadata, metadata);
    assert.deepEqual([entry.countdown, entry.timeNow], [30_000n, 0x1234n]);
    drive.op('unlock', { time: 0x9999n });
    assert.equal(drive.entries()[0]?.timeNow, 0x1234n);
  });

  void it('SB2_00d L9.9: operation 9 is 07/30 with FRU 2', () => {
    const { status, sense } = desk().write(legacyWriteCdb(9), wishBlock('trylock', {}));
    assert.equal(status, 0x02);
    assert.equal(sense.toString('hex'), '7207300000000014' + '03020002' + '800e' + '00'.repeat(14));
  });

  void it('the wipe of the lvm2 test suite empties the table (spec idm 2.5)', () => {
    const drive = desk();
    drive.write(legacyWriteCdb(MUTEX_OP.trylock), wishBlock('trylock', {}));
    const wipe = Buffer.from('8e00ff' + '00'.repeat(10) + '010000', 'hex');
    assert.equal(wipe.length, 16);
    assert.equal(wordFor(drive.write(wipe, Buffer.alloc(512))), 'GOOD');
    assert.equal(drive.count(), 0);
  });

  void it('U9: entries are in the order in which they were made, end markers behind', () => {
    const drive = new TestDrive(new MutexCommands(FIRMWARE_2023));
    runSteps(drive, [
      'A trylock on=p',
      'A trylock on=q',
      'A unlock on=p',
      'A trylock on=s',
      'B trylock on=p',
    ]);
    assert.deepEqual(
      drive.entries().map(({ resourceId }) => resourceId),
      ['p', 'q', 's'].map((name) => wireId(name, 64)),
    );
  });
});
