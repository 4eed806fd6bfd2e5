import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as initiator from './initiator-pdus.js';
import type { Layout } from './layout.js';
import * as target from './target-pdus.js';

const layouts: Record<string, Layout<unknown>> = { ...initiator, ...target };

/** Bytes without what their place in the stream adds, in groups of 4. */
function words(header: Buffer): string {
  return (header.toString('hex').match(/.{8}/g) ?? []).join(' ');
}

const numbers = { statSn: 0x51, expCmdSn: 0x52, maxCmdSn: 0x53 };
const lun = Buffer.from('0102030405060708', 'hex');

describe('basic header segments', () => {
  for (const [name, layout] of Object.entries(layouts)) {
    it(`${name}: what is read is what was written`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), (bytes) => {
          const header = Buffer.from(bytes);
          const values = layout.read(header) as object;
          const again = layout.write(values);
          assert.deepEqual(layout.read(again), values);
          assert.equal(again[0] === undefined ? -1 : again[0] & 0x3f, layout.opcode);
          // Whoever writes every bit of every field gets no bit that is in none of them.
          assert.deepEqual(layout.write(layout.read(again) as object), again);
        }),
        { numRuns: 50 },
      );
    });
  }

  it('of initiators lie as RFC 7143 section 11 draws them', () => {
    const n = { cmdSn: 0x41, expStatSn: 0x42 };
    assert.equal(
      words(
        initiator.scsiCommand.write({
          ...n,
          final: true,
          read: true,
          write: true,
          attribute: 1,
          lun,
          itt: 0x11,
          expectedLength: 0x2000,
          cdb: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'),
        }),
      ),
      '01e10000 00000000 01020304 05060708 00000011 00002000 00000041 00000042 00010203 04050607 08090a0b 0c0d0e0f',
    );
    assert.equal(
      words(initiator.nopOut.write({ ...n, immediate: true, lun, itt: 0x11, ttt: 0x22 })),
      '40800000 00000000 01020304 05060708 00000011 00000022 00000041 00000042 00000000 00000000 00000000 00000000',
    );
    assert.equal(
      words(
        initiator.taskManagementRequest.write({
          ...n,
          immediate: true,
          function: 1,
          lun,
          itt: 0x11,
          referencedTag: 0x33,
          refCmdSn: 0x34,
          expDataSn: 0x35,
        }),
      ),
      '42810000 00000000 01020304 05060708 00000011 00000033 00000041 00000042 00000034 00000035 00000000 00000000',
    );
    assert.equal(
      words(
        initiator.loginRequest.write({
          ...n,
          immediate: true,
          transit: true,
          currentStage: 1,
          nextStage: 3,
          versionMax: 2,
          versionMin: 1,
          isid: Buffer.from('800102030405', 'hex'),
          tsih: 0x607,
          itt: 0x11,
          cid: 0x809,
        }),
      ),
      '43870201 00000000 80010203 04050607 00000011 08090000 00000041 00000042 00000000 00000000 00000000 00000000',
    );
    assert.equal(
      words(initiator.textRequest.write({ ...n, final: true, lun, itt: 0x11, ttt: 0x22 })),
      '04800000 00000000 01020304 05060708 00000011 00000022 00000041 00000042 00000000 00000000 00000000 00000000',
    );
    assert.equal(
      words(
        initiator.dataOut.write({
          final: true,
          lun,
          itt: 0x11,
          ttt: 0x22,
          expStatSn: 0x42,
          dataSn: 3,
          bufferOffset: 0x1000,
        }),
      ),
      '05800000 00000000 01020304 05060708 00000011 00000022 00000000 00000042 00000000 00000003 00001000 00000000',
    );
    assert.equal(
      words(initiator.logoutRequest.write({ ...n, immediate: true, reason: 1, itt: 0x11, cid: 2 })),
      '46810000 00000000 00000000 00000000 00000011 00020000 00000041 00000042 00000000 00000000 00000000 00000000',
    );
    assert.equal(
      words(
        initiator.snack.write({
          type: 1,
          lun,
          itt: 0x11,
          ttt: 0x22,
          expStatSn: 0x42,
          begRun: 5,
          runLength: 6,
        }),
      ),
      '10810000 00000000 01020304 05060708 00000011 00000022 00000000 00000042 00000000 00000000 00000005 00000006',
    );
  });

  it('of targets lie as RFC 7143 section 11 draws them', () => {
    const n = '00000051 00000052 00000053';
    assert.equal(
      words(
        target.scsiResponse.write({
          ...numbers,
          bidirectionalOverflow: true,
          underflow: true,
          response: 1,
          status: 0x22,
          itt: 0x11,
          expDataSn: 2,
          bidirectionalResidual: 3,
          residual: 4,
        }),
      ),
      `21920122 00000000 00000000 00000000 00000011 00000000 ${n} 00000002 00000003 00000004`,
    );
    assert.equal(
      words(
        target.dataIn.write({
          ...numbers,
          final: true,
          overflow: true,
          hasStatus: true,
          status: 8,
          itt: 0x11,
          ttt: 0xffffffff,
          dataSn: 5,
          bufferOffset: 0x200,
          residual: 6,
        }),
      ),
      `25850008 00000000 00000000 00000000 00000011 ffffffff ${n} 00000005 00000200 00000006`,
    );
    assert.equal(
      words(
        target.r2t.write({
          ...numbers,
          lun,
          itt: 0x11,
          ttt: 0x22,
          r2tSn: 1,
          bufferOffset: 0x200,
          desiredLength: 0x400,
        }),
      ),
      `31800000 00000000 01020304 05060708 00000011 00000022 ${n} 00000001 00000200 00000400`,
    );
    assert.equal(
      words(
        target.loginResponse.write({
          ...numbers,
          transit: true,
          currentStage: 1,
          nextStage: 3,
          isid: Buffer.from('800102030405', 'hex'),
          tsih: 0x607,
          itt: 0x11,
          status: 0x0203,
        }),
      ),
      `23870000 00000000 80010203 04050607 00000011 00000000 ${n} 02030000 00000000 00000000`,
    );
    assert.equal(
      words(target.nopIn.write({ ...numbers, lun, itt: 0xffffffff, ttt: 0x22 })),
      `20800000 00000000 01020304 05060708 ffffffff 00000022 ${n} 00000000 00000000 00000000`,
    );
    assert.equal(
      words(target.taskManagementResponse.write({ ...numbers, response: 5, itt: 0x11 })),
      `22800500 00000000 00000000 00000000 00000011 00000000 ${n} 00000000 00000000 00000000`,
    );
    assert.equal(
      words(target.textResponse.write({ ...numbers, continues: true, lun, itt: 0x11, ttt: 0x22 })),
      `24400000 00000000 01020304 05060708 00000011 00000022 ${n} 00000000 00000000 00000000`,
    );
    assert.equal(
      words(
        target.logoutResponse.write({ ...numbers, response: 1, itt: 0x11, time2Wait: 2, time2Retain: 3 }),
      ),
      `26800100 00000000 00000000 00000000 00000011 00000000 ${n} 00000000 00020003 00000000`,
    );
    assert.equal(
      words(
        target.asyncMessage.write({
          ...numbers,
          lun,
          itt: 0xffffffff,
          event: 1,
          vendorCode: 2,
          parameter1: 3,
          parameter2: 4,
          parameter3: 5,
        }),
      ),
      `32800000 00000000 01020304 05060708 ffffffff 00000000 ${n} 01020003 00040005 00000000`,
    );
    assert.equal(
      words(target.reject.write({ ...numbers, reason: 9, itt: 0xffffffff, dataSn: 7 })),
      `3f800900 00000000 00000000 00000000 ffffffff 00000000 ${n} 00000007 00000000 00000000`,
    );
  });
});
