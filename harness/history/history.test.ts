import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  formatHistory,
  History,
  HistoryFormatError,
  historySchemaDocument,
  HistoryWriter,
  parseHistory,
  readHistory,
  type HistoryEvent,
} from './index.js';
import { Scenario, WORKER } from './scenario/index.js';
import { ownPath } from '../setup/owned.mjs';

function small(): Scenario {
  const s = new Scenario();
  const a = s.log('U', '4096 clustered-core 1024 nosync');
  a.construct(1024, 4);
  a.resume();
  a.mark([3, 4]);
  return s;
}

function lines(history: History): string[] {
  return formatHistory(history).trimEnd().split('\n');
}

function failure(text: string): string {
  try {
    parseHistory(text, 'h.jsonl');
  } catch (error) {
    assert.ok(error instanceof HistoryFormatError);
    return error.message;
  }
  return 'no error';
}

void describe('history files', () => {
  void it('hold everything that is in memory', () => {
    const s = small();
    s.command('dmsetup status', () => undefined, { stdout: '0 4096 mirror\n', status: 1 });
    s.subject('killed', 'SIGKILL');
    s.observe('legs', { equal: true, differing: [1, 2.5, null, 'x'] }, 'image');
    s.add({
      kind: 'finding',
      ...s.base(),
      finding: 'oops',
      title: 'oops',
      text: 'BUG: unable to handle page fault',
    });
    const history = s.history();
    const again = parseHistory(formatHistory(history));
    assert.deepEqual(again.header, history.header);
    assert.deepEqual(again.events.map(plain), history.events.map(plain));
    assert.deepEqual(again.end, history.end);
    assert.equal(again.truncated, false);
  });

  void it('are as docs/history.schema.json says, which is generated from the code', () => {
    assert.equal(
      readFileSync('docs/history.schema.json', 'utf8'),
      historySchemaDocument(),
      'run: node dist/harness/history/write-schema-document.js',
    );
  });

  void it('written line by line are complete after end, and truncated without', async () => {
    const directory = ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-history-')));
    try {
      const history = small().history();
      const path = join(directory, 'history.jsonl');
      {
        await using writer = new HistoryWriter(path, history.header);
        for (const event of history.events) writer.append(event);
        assert.equal(writer.length, history.events.length);
      }
      const streamed = await readHistory(path);
      assert.equal(streamed.truncated, true);
      assert.equal(streamed.events.length, history.events.length);
      const writer = new HistoryWriter(path, history.header);
      writer.append({ kind: 'finding', t: 5n, node: 'node1', finding: 'bug', title: 'BUG: x', text: 'x' });
      writer.end({ overruns: 1, missed: 2, truncated: false, reason: 'test ended' });
      const ended = await readHistory(path);
      assert.equal(ended.truncated, false);
      assert.equal(ended.losses, 3);
      assert.throws(() => writer.append(ended.events[0] ?? assert.fail()), /history is closed/);
      writer.replace(history);
      assert.equal(readFileSync(path, 'utf8'), formatHistory(history));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  void it('that cannot be written fail at the next append', { skip: process.platform !== 'linux' }, () => {
    const history = small().history();
    const writer = new HistoryWriter('/dev/full', history.header);
    assert.throws(() => writer.close(), { message: '/dev/full: the history could not be written' });
  });

  void it('with their last line cut off are truncated, not wrong', () => {
    const text = formatHistory(small().history());
    const cut = parseHistory(text.slice(0, -40));
    assert.equal(cut.truncated, true);
    assert.equal(cut.end, undefined);
    const halfEvent = text.split('\n').slice(0, 5).join('\n').slice(0, -10);
    assert.equal(parseHistory(halfEvent).events.length, 3);
  });

  void it('that are wrong say where and what belongs there', () => {
    const [header = '', first = '', second = '', ...rest] = lines(small().history());
    const end = rest.at(-1) ?? '';
    assert.equal(failure(''), 'h.jsonl:1: is missing: a history begins with a header line');
    assert.equal(
      failure(`${first}\n`),
      'h.jsonl:1: must be the header: an object with kind "header" and schemaVersion',
    );
    assert.equal(
      failure(`${header.replace('"schemaVersion":1', '"schemaVersion":7')}\n`),
      'h.jsonl:1: field schemaVersion: is 7, this reader knows 1 only: use the version of ulogcheck that wrote the file',
    );
    assert.match(failure(`${header}\n{"kind":\n${first}\n`), /^h\.jsonl:2: is not JSON \(/);
    assert.equal(
      failure(`${header}\n${first.replace(/"luid":"0x[0-9a-f]+"/, '"luid":"ffff"')}\n`),
      'h.jsonl:2: field luid: must be a 64-bit number in hex, such as 0xffff888003a41400, it is "ffff"',
    );
    assert.equal(
      failure(`${header}\n${first}\n${second.replace(/"seq":0,"ack"/, '"seq":-1,"ack"')}\n`),
      'h.jsonl:3: field connector.seq: too small: expected number to be >=0, it is -1',
    );
    assert.equal(
      failure(`${header}\n${second}\n`),
      'h.jsonl:2: field n: is 1, expected 0: events are numbered 0, 1, 2...',
    );
    assert.equal(
      failure(`${header}\n${end}\n${first}\n`),
      'h.jsonl:3: stands after the end line, which must be the last',
    );
    assert.equal(
      failure(`${header}\n${header}\n`),
      'h.jsonl:2: is a second header, there must be one only, as the first line',
    );
    assert.equal(
      failure(`${header}\n{"kind":"letter"}\n`),
      `h.jsonl:2: field kind: invalid discriminator value. Expected 'header' | 'request' | 'transmission' | 'reply' | 'return' | 'command' | 'subject' | 'observation' | 'finding' | 'disk-command' | 'disk-nexus' | 'disk-reset' | 'disk-power-cut' | 'disk-clock' | 'disk-profile' | 'lock-call' | 'lock-answer' | 'end', it is "letter"`,
    );
    assert.equal(
      failure(`${header}\n${first.replace('"tid":', '"thread":')}\n`),
      'h.jsonl:2: field tid: invalid input: expected number, received undefined, it is missing',
    );
  });
});

/** Buffers and plain arrays hold the same bytes. */
function plain(event: HistoryEvent): object {
  return 'payload' in event ? { ...event, payload: [...event.payload] } : event;
}

void describe('History', () => {
  void it('stands in order of time, whatever the order of the lines', () => {
    const s = new Scenario();
    const a = s.log('U', '4096 clustered-core 1024');
    s.command('dmsetup create m', () => a.ctr());
    const kinds = s.history().events.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['command', 'request', 'transmission', 'reply', 'return']);
  });

  void it('joins request, transmission, reply and return', () => {
    const [, , , , marked] = small().history().exchanges();
    assert.equal(marked?.name, 'MARK_REGION');
    assert.equal(marked.result, 0);
    assert.equal(marked.answer?.error, 0);
    assert.equal(marked.payload.length, 16);
    assert.deepEqual(
      marked.events().map(({ kind }) => kind),
      ['request', 'transmission', 'reply', 'return'],
    );
  });

  void it('accepts the first reply to the seq that the kernel waits on, and keeps the others', () => {
    const s = new Scenario();
    const a = s.log('U', '4096 clustered-core 1024');
    const open = a.begin('FLUSH');
    const old = open.seq;
    open.reply(undefined, { form: 'malformed', length: 80 });
    open.transmit(15_200);
    open.reply(undefined, { seq: old });
    open.reply(undefined, { error: -11, form: 'ack' });
    open.reply(undefined, { error: -5 });
    open.transmit();
    open.answer();
    open.reply(undefined, { error: -22 });
    const history = s.history();
    const [flush, ...others] = history.exchanges();
    assert.equal(others.length, 0);
    assert.equal(flush?.transmissions.length, 3);
    assert.equal(flush.replies.length, 6);
    assert.deepEqual(
      flush.accepted.map(({ error }) => error),
      [-11, 0],
    );
    assert.equal(flush.answer?.error, 0);
  });

  void it('joins across the wrap of seq, and across threads', () => {
    const s = new Scenario();
    s.setSeq(0xffff_ffff);
    const a = s.log('U', '4096 clustered-core 1024');
    const flush = a.begin('FLUSH');
    const status = a.begin('STATUS_INFO');
    assert.equal(status.seq, 0);
    status.answer(Buffer.from('1 clustered-core'));
    flush.answer();
    assert.deepEqual(
      s
        .history()
        .exchanges()
        .map(({ name, result }) => [name, result]),
      [
        ['FLUSH', 0],
        ['STATUS_INFO', 0],
      ],
    );
  });

  void it('takes a recording that begins and ends within calls', () => {
    const whole = small().history();
    const from = whole.events.findIndex(({ kind }) => kind === 'transmission');
    const cut = whole.withEvents(whole.events.slice(from, -2));
    const exchanges = cut.exchanges();
    assert.equal(exchanges.length, whole.exchanges().length);
    assert.equal(exchanges[0]?.request, undefined);
    assert.equal(exchanges[0]?.result, 0);
    assert.equal(exchanges.at(-1)?.result, undefined);
    assert.equal(exchanges.at(-1)?.answer, undefined);
    const onlyReplies = whole.withEvents(whole.events.filter(({ kind }) => kind === 'reply'));
    assert.equal(onlyReplies.exchanges().length, 0);
    assert.equal(onlyReplies.strayReplies.length, 5);
  });

  void it('separates lives of a luid that is used again', () => {
    const s = new Scenario();
    const a = s.log('U', '4096 clustered-core 1024');
    a.construct(1024);
    a.resume();
    a.reconnect();
    a.resume({ tid: WORKER });
    a.dtr();
    const refused = s.log('U', '4096 clustered-core 0', a.luid);
    refused.ctr({ error: -22 });
    const again = s.log('U', '4096 clustered-core 1024', a.luid);
    again.construct(1024);
    const orphaned = s.log('U', '4096 clustered-core 1024', a.luid);
    orphaned.construct(1024);
    const lives = s.history().instances();
    assert.deepEqual(
      lives.map((life) => [life.exchanges.length, life.stillborn, life.death?.name]),
      [
        [7, false, 'DTR'],
        [1, true, undefined],
        [3, false, undefined],
        [3, false, undefined],
      ],
    );
    assert.ok(lives.every(({ birth, exchanges }) => birth === exchanges[0]));
  });

  void it('renumbers edited events and keeps their order in a file', () => {
    const history = small().history();
    const reversed = history.withEvents(history.events.toReversed());
    assert.deepEqual(
      reversed.events.map(({ n }) => n),
      history.events.map((_, index) => index),
    );
    const kinds = (events: readonly HistoryEvent[]): string[] => events.map(({ kind }) => kind);
    assert.deepEqual(kinds(parseHistory(formatHistory(reversed)).events), kinds(history.events.toReversed()));
  });
});
