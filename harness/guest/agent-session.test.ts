import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { encodeFrame, FrameReader, type Frame } from './agent-frames.js';
import { AgentSession } from './agent-session.js';

/** The agent's end of a port: `say` sends to the session, `heard` is what the session sent. */
function port(): {
  readonly stream: Duplex;
  readonly heard: Frame[];
  readonly say: (...frames: Buffer[]) => void;
} {
  const heard: Frame[] = [];
  const reader = new FrameReader();
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      heard.push(...reader.push(chunk));
      done();
    },
  });
  return { stream, heard, say: (...frames) => void stream.push(Buffer.concat(frames)) };
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

/** When all that was said has arrived. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a command of an earlier session is heard from the hello on, also its end before it is adopted', async () => {
  const { stream, say } = port();
  say(encodeFrame(0, 'h'), encodeFrame(0, 'o', 'of another one'));
  await using session = await AgentSession.open(stream, 1000);
  // No session of this process begins with the number 0.
  const early = 0;
  say(encodeFrame(early, 'e', 'out of memory\n'), encodeFrame(early, 'x', Buffer.from([3, 0])));
  await settled();
  const adopted = session.adopt(early);
  assert.deepEqual(await adopted.exited, { status: 3, signal: null });
  assert.equal(await text(adopted.stdout), 'of another one');
  assert.equal(await text(adopted.stderr), 'out of memory\n');
});

test('what a command says that ran into its deadline is dropped', async () => {
  const { stream, heard, say } = port();
  say(encodeFrame(0, 'h'));
  await using session = await AgentSession.open(stream, 1000);
  await assert.rejects(session.run('sleep 9', { deadlineMs: 1 }), { name: 'GuestCommandStalled' });
  const { id } = heard[0] ?? assert.fail('no frame');
  say(encodeFrame(id, 'o', 'late'), encodeFrame(id, 'x', Buffer.from([0, 0])));
  await settled();
  const adopted = session.adopt(id);
  await session[Symbol.asyncDispose]();
  assert.deepEqual(await adopted.exited, { status: null, signal: 'LOST' });
  assert.equal(await text(adopted.stdout), '');
});

test('an agent that says nothing is out of reach', async () => {
  await assert.rejects(AgentSession.open(port().stream, 5), { name: 'GuestUnreachable' });
});
