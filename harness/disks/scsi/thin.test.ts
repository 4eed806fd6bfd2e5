import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hex, memoryTarget, TestInitiator } from './test-initiator.js';

/** Parameter list of UNMAP. */
const unmapList = (...extents: readonly (readonly [lba: number, count: number])[]): Buffer => {
  const list = Buffer.alloc(8 + 16 * extents.length);
  list.writeUInt16BE(list.length - 2, 0);
  list.writeUInt16BE(list.length - 8, 2);
  extents.forEach(([lba, count], index) => {
    list.writeUInt32BE(lba, 12 + 16 * index);
    list.writeUInt32BE(count, 16 + 16 * index);
  });
  return list;
};
const unmap = (initiator: TestInitiator, list: Buffer, flags = '00'): Promise<string> =>
  initiator.says(`42 ${flags} 00000000 00 ${list.length.toString(16).padStart(4, '0')} 00`, {
    dataOut: list,
  });
const fill = (initiator: TestInitiator, value: number): Promise<string> =>
  initiator.says('2a 00 00000000 00 0010 00', { dataOut: Buffer.alloc(16 * 512, value) });
const firstBytes = async (initiator: TestInitiator): Promise<number[]> => {
  const data = await initiator.data('28 00 00000000 00 0010 00');
  return Array.from({ length: 16 }, (_, at) => data[at * 512] ?? -1);
};
const STATUS_OF_ALL = '9e 12 0000000000000000 00001000 00 00';

describe('UNMAP and WRITE SAME', () => {
  it('unmapped blocks read as zeros, and GET LBA STATUS tells them', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ blocks: 256 }]));
    await fill(initiator, 1);
    assert.equal(await unmap(initiator, unmapList([2, 3], [7, 0], [8, 1])), '00');
    assert.equal(await unmap(initiator, unmapList([10, 1]), '01'), '00');
    assert.deepEqual(await firstBytes(initiator), [1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1]);
    const runs = ['0 2 00', '2 3 01', '5 3 00', '8 1 01', '9 1 00', 'a 1 02', 'b 5 00', '10 f0 01'].map(
      (run) => {
        const [lba = '', count = '', state = ''] = run.split(' ');
        return `${lba.padStart(16, '0')} ${count.padStart(8, '0')} ${state} 000000`;
      },
    );
    assert.deepEqual(await initiator.data(STATUS_OF_ALL), hex(`00000084 00000000 ${runs.join('')}`));
    assert.equal((await initiator.data('9e 12 0000000000000000 00000018 00 00')).length, 24);
    assert.deepEqual(
      await initiator.data('9e 12 0000000000000003 00000018 00 00'),
      hex('00000014 00000000 0000000000000003 00000002 01 000000'),
    );
    assert.equal(await initiator.says('9e 12 0000000000000100 00000018 00 00'), '02 5/21/00');
  });

  it('unmaps nothing if a descriptor is wrong, or there are too many', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    await fill(initiator, 1);
    assert.equal(await unmap(initiator, unmapList([0, 1], [2047, 2])), '02 5/21/00');
    assert.equal(await unmap(initiator, unmapList([0, 1], [2048, 0])), '00');
    assert.deepEqual((await firstBytes(initiator)).slice(0, 2), [0, 1]);
    assert.equal(
      await unmap(initiator, unmapList(...Array<[number, number]>(257).fill([1, 1]))),
      '02 5/26/00',
    );
    assert.equal(await unmap(initiator, Buffer.alloc(7)), '02 5/1a/00');
    assert.equal(await initiator.says('42 00 00000000 00 0000 00'), '00');
    assert.deepEqual((await firstBytes(initiator)).slice(0, 2), [0, 1]);
  });

  it('a unit that is not thin has no UNMAP, and WRITE SAME does not unmap', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ thin: false, blocks: 64 }]));
    assert.equal(await unmap(initiator, unmapList([0, 1])), '02 5/20/00');
    assert.equal(
      await initiator.says('41 08 00000000 00 0001 00', { dataOut: Buffer.alloc(512) }),
      '02 5/24/00',
    );
    assert.deepEqual(
      await initiator.data(STATUS_OF_ALL),
      hex('00000014 00000000 0000000000000000 00000040 00 000000'),
    );
    assert.equal((await initiator.data('9e 10 0000000000000000 00000020 00 00'))[14], 0);
  });

  it('WRITE SAME fills, unmaps where zeros allow it, anchors, and goes to the end for 0', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ blocks: 16 }]));
    const state = async (): Promise<number[]> => {
      const bytes = await initiator.data(STATUS_OF_ALL);
      return Array.from({ length: (bytes.length - 8) / 16 }, (_, index) => bytes[20 + 16 * index] ?? -1);
    };
    await fill(initiator, 1);
    assert.equal(await initiator.says('41 00 00000002 00 0003 00', { dataOut: Buffer.alloc(512, 9) }), '00');
    assert.equal(
      await initiator.says('93 00 000000000000000e 00000000 00 00', { dataOut: Buffer.alloc(512, 8) }),
      '00',
    );
    assert.deepEqual(await firstBytes(initiator), [1, 1, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8, 8]);
    assert.equal(
      await initiator.says('93 08 0000000000000000 00000002 00 00', { dataOut: Buffer.alloc(512) }),
      '00',
    );
    assert.equal(await initiator.says('93 19 0000000000000002 00000001 00 00'), '00');
    assert.equal(await initiator.says('93 01 0000000000000003 00000001 00 00'), '00');
    // What is not zeros has to be written (SBC-3, WRITE SAME and unmap).
    assert.equal(await initiator.says('41 08 00000004 00 0001 00', { dataOut: Buffer.alloc(512, 7) }), '00');
    assert.deepEqual((await firstBytes(initiator)).slice(0, 6), [0, 0, 0, 0, 7, 1]);
    assert.deepEqual(await state(), [1, 2, 0]);
    for (const [cdb, dataOut] of [
      ['41 10 00000000 00 0001 00', Buffer.alloc(512)],
      ['41 00 00000000 00 0001 00', Buffer.alloc(511)],
      ['41 00 00000000 00 0002 00', Buffer.alloc(1024)],
      ['93 01 0000000000000000 00000001 00 00', Buffer.alloc(512)],
      ['93 00 0000000000000000 00000001 00 00', Buffer.alloc(0)],
    ] as const) {
      assert.equal(await initiator.says(cdb, { dataOut }), '02 5/24/00');
    }
    assert.equal(
      await initiator.says('41 00 00000010 00 0000 00', { dataOut: Buffer.alloc(512) }),
      '02 5/21/00',
    );
  });

  it('READ CAPACITY tells size, physical blocks and provisioning, and all ones beyond 32 bits', async () => {
    const units = [
      { blocks: 100, physicalExponent: 3 },
      { blocks: 2 ** 33, blockSize: 4096 },
    ];
    const initiator = TestInitiator.ready(memoryTarget(units), 'a', [0, 1]);
    assert.deepEqual(await initiator.data('25 00 00000000 0000 00 00'), hex('00000063 00000200'));
    assert.deepEqual(await initiator.data('25 00 00000000 0000 00 00', { lun: 1 }), hex('ffffffff 00001000'));
    const long = await initiator.data('9e 10 0000000000000000 00001000 00 00');
    assert.deepEqual(long, hex(`0000000000000063 00000200 00 03 c0 00 ${'00'.repeat(16)}`));
    const large = await initiator.data('9e 10 0000000000000000 0000000c 00 00', { lun: 1 });
    assert.deepEqual(large, hex('00000001ffffffff 00001000'));
    assert.equal(await initiator.says('25 00 00000001 0000 00 00'), '02 5/24/00');
  });
});
