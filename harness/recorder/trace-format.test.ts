import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkEventHeader, parseEventFormat, parsePageLayout, requireField } from './trace-format.js';

const CONSULT = `name: consult
ID: 1554
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:unsigned long __probe_ip;	offset:8;	size:8;	signed:0;
	field:__data_loc char[] uuid;	offset:16;	size:4;	signed:1;
	field:u64 message[64];	offset:24;	size:512;	signed:0;
	field:u64 newer[];	offset:536;	size:512;	signed:0;

print fmt: "(%lx) field:no", REC->__probe_ip
`;

describe('an event format', () => {
  it('gives name, id and fields with their offsets', () => {
    const format = parseEventFormat(CONSULT);
    assert.equal(format.name, 'consult');
    assert.equal(format.id, 1554);
    assert.deepEqual(
      [...format.fields].map(([name, { type, offset, size, signed }]) => [name, type, offset, size, signed]),
      [
        ['common_type', 'unsigned short', 0, 2, false],
        ['common_pid', 'int', 4, 4, true],
        ['__probe_ip', 'unsigned long', 8, 8, false],
        ['uuid', '__data_loc char[]', 16, 4, true],
        ['message', 'u64', 24, 512, false],
        ['newer', 'u64', 536, 512, false],
      ],
    );
  });

  it('says which field is missing or has another size', () => {
    const format = parseEventFormat(CONSULT);
    assert.throws(() => requireField(format, 'luid'), {
      name: 'TraceFormatError',
      message:
        'event consult has no field luid; it has common_type, common_pid, __probe_ip, uuid, message, newer',
    });
    assert.throws(() => requireField(format, 'message', 256), {
      name: 'TraceFormatError',
      message: 'field message of event consult has 512 bytes, expected 256',
    });
  });

  it('is refused when it is something else', () => {
    assert.throws(() => parseEventFormat('cat: No such file'), {
      name: 'TraceFormatError',
      message: 'not an event format: "cat: No such file"',
    });
    assert.throws(() => parseEventFormat('name: x\nID: 7\nformat:\n'), {
      name: 'TraceFormatError',
      message: 'the format of event x names no field',
    });
  });
});

describe('header_page and header_event', () => {
  it('tell the page size', () => {
    const layout = parsePageLayout(
      '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
        '\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
        '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
        '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n',
    );
    assert.equal(layout.pageSize, 4096);
    assert.equal(layout.data.offset, 16);
  });

  it('are refused for a 32-bit kernel and for an unknown record header', () => {
    assert.throws(
      () =>
        parsePageLayout(
          '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n',
        ),
      /^TraceFormatError: header_page is not that of a 64-bit kernel/,
    );
    assert.throws(() => checkEventHeader('type_len : 4 bits'), {
      name: 'TraceFormatError',
      message:
        'header_event lacks type_len\\s*:\\s*5 bits: an unknown ring-buffer format: "type_len : 4 bits"',
    });
  });
});
