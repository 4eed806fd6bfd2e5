import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandTable } from './command-table.js';
import { hex, memoryTarget, TestInitiator } from './test-initiator.js';
import type { VendorCommands } from './vendor.js';

const vendorCommands: VendorCommands = {
  opcodes: [0xf0, 0x88],
  claims: ({ cdb }) => cdb[0] === 0xf0,
  execute: () => ({ kind: 'status', status: 0 }),
  vpdPages: new Map(),
  happened: () => undefined,
};

describe('REPORT SUPPORTED OPERATION CODES', () => {
  it('lists all commands, a vendor’s own too, with the length of their CDBs', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ vendorCommands }]));
    const bytes = await initiator.data('a3 0c 00 00 0000 00010000 00 00');
    const { commands } = new CommandTable(true);
    assert.equal(bytes.readUInt32BE(0), bytes.length - 4);
    assert.equal(bytes.length, 4 + 8 * (commands.length + 1));
    commands.forEach(({ opcode, serviceAction, usage }, index) => {
      const at = 4 + 8 * index;
      const expected = Buffer.alloc(8);
      expected[0] = opcode;
      expected[3] = serviceAction ?? 0;
      expected[5] = serviceAction === undefined ? 0 : 1;
      expected[7] = usage.length;
      assert.deepEqual(bytes.subarray(at, at + 8), expected);
    });
    assert.deepEqual(bytes.subarray(-8), hex('f0 00 0000 00 00 0010'));
    const timed = await initiator.data('a3 0c 80 00 0000 00010000 00 00');
    assert.equal(timed.length, 4 + 20 * (commands.length + 1));
    assert.deepEqual(timed.subarray(4, 24), hex('00 00 0000 00 02 0006 000a 00000000000000000000'));
  });

  it('tells the usage bits of one command', async () => {
    const initiator = TestInitiator.ready(memoryTarget([{ vendorCommands }]));
    const one = (option: string, opcode: string, action = '0000'): Promise<Buffer> =>
      initiator.data(`a3 0c ${option} ${opcode} ${action} 00001000 00 00`);
    assert.deepEqual(await one('01', '28'), hex('00 03 000a 28 1e ffffffff 1f ffff 00'));
    assert.deepEqual(await one('02', '9e', '0010'), hex('00 03 0010 9e 10 0000000000000000 ffffffff 00 00'));
    assert.deepEqual(await one('03', '9e', '0012'), hex('00 03 0010 9e 12 ffffffffffffffff ffffffff 00 00'));
    assert.deepEqual(await one('03', '00'), hex('00 03 0006 00 00 00 00 00 00'));
    assert.deepEqual(await one('01', 'f0'), hex(`00 03 0010 f0 ${'ff'.repeat(15)}`));
    assert.deepEqual(await one('01', 'c1'), hex('00 01 0000'));
    assert.deepEqual(await one('02', '9e', '0011'), hex('00 01 0000'));
    assert.deepEqual(await one('81', '00'), hex('00 83 0006 00 00 00 00 00 00 000a 00000000000000000000'));
    for (const cdb of ['a3 0c 01 9e 0010', 'a3 0c 02 28 0000', 'a3 0c 04 28 0000']) {
      assert.equal(await initiator.says(`${cdb} 00001000 00 00`), '02 5/24/00');
    }
  });

  it('lists UNMAP of thin units only', () => {
    const has = (thin: boolean): boolean =>
      new CommandTable(thin).commands.some(({ opcode }) => opcode === 0x42);
    assert.deepEqual([has(true), has(false)], [true, false]);
  });

  it('no two commands are the same', () => {
    const ids = new CommandTable(true).commands.map(
      ({ opcode, serviceAction }) => `${opcode} ${serviceAction ?? ''}`,
    );
    assert.equal(new Set(ids).size, ids.length);
  });
});

describe('other commands', () => {
  it('task management functions, log pages, an unknown opcode or service action', async () => {
    const initiator = TestInitiator.ready(memoryTarget());
    assert.deepEqual(await initiator.data('a3 0d 00 000000 00001000 00 00'), hex('da 00 00 00'));
    assert.equal(await initiator.says('a3 0d 00 000000 00000003 00 00'), '02 5/24/00');
    assert.deepEqual(await initiator.data('4d 00 00 00 00 0000 1000 00'), hex('00 00 0002 00 2f'));
    assert.deepEqual(
      await initiator.data('4d 00 6f 00 00 0000 1000 00'),
      hex('2f 00 0008 0000 03 04 00000000'),
    );
    assert.equal(await initiator.says('4d 00 01 00 00 0000 1000 00'), '02 5/24/00');
    assert.equal(await initiator.says('c1'), '02 5/20/00');
    assert.equal(await initiator.says('7f'), '02 5/20/00');
    assert.equal(await initiator.says('9e 1f'), '02 5/24/00');
    assert.equal(await initiator.says('35 00 00000800 00 0000 00'), '02 5/21/00');
    assert.equal(await initiator.says('90 00 00000000000007ff 00000002 00 00'), '02 5/21/00');
    assert.equal(await initiator.says('34 00 00000000 00 0010 00'), '00');
  });

  it('a nexus prevents removal until it allows it, or is gone; nothing is ever ejected', async () => {
    const target = memoryTarget();
    const a = TestInitiator.ready(target, 'a');
    const b = TestInitiator.ready(target, 'b');
    assert.equal(await a.says('1e 00 0000 01 00'), '00');
    assert.equal(await b.says('1b 00 00 00 02 00'), '02 5/53/02');
    target.nexusEnded(a.nexus);
    assert.equal(await b.says('1b 00 00 00 02 00'), '02 5/24/00');
    assert.equal(await b.says('1e 00 0000 02 00'), '02 5/24/00');
  });

  it('a vendor’s opcodes come before the unit’s own, where it claims them, and after unit attentions', async () => {
    const target = memoryTarget([{ vendorCommands }]);
    const initiator = new TestInitiator(target);
    initiator.begin();
    assert.equal(await initiator.says('f0'), '02 6/29/00');
    assert.equal(await initiator.says('f0'), '00');
    assert.equal((await initiator.data('88 00 0000000000000000 00000001 00 00')).length, 512);
  });
});
