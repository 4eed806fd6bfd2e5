/** What the puppet answers when no rule says otherwise is right by the oracle's rules for daemons. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Scenario, type LogScript, type OpenRequest } from '../history/scenario/index.js';
import { judgeHistory } from '../oracle/index.js';
import {
  encodeConstructorText,
  encodeRegions,
  encodeRegionSync,
  encodeU64,
  RequestType,
  type RequestName,
  type UlogMessage,
} from '../ulog/index.js';
import type { PuppetAnswer } from './api.js';
import { HonestDaemon } from './honest-daemon.js';

const SIZE = 1024;
const REGIONS = 5;
const NO_BYTES = new Uint8Array(0);
const TEXTS = [
  `${REGIONS * SIZE} clustered-core ${SIZE}`,
  `${REGIONS * SIZE} clustered-core ${SIZE} nosync`,
  `${REGIONS * SIZE - 100} clustered-core ${SIZE} sync`,
  `${REGIONS * SIZE} clustered-disk 7:9 ${SIZE}`,
  `${REGIONS * SIZE} clustered-disk /dev/log ${SIZE} nosync`,
  `${REGIONS * SIZE} clustered-core 1000`,
  `${REGIONS * SIZE} clustered-tape ${SIZE}`,
] as const;

interface Step {
  readonly name: RequestName | 'reconnect' | 'forget';
  readonly log: number;
  readonly region: number;
  readonly value: number;
  readonly thread: number;
  /** Bytes by which the payload is too short. */
  readonly short: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom<Step['name']>(
    ...(['CTR', 'DTR', 'PRESUSPEND', 'POSTSUSPEND', 'RESUME', 'RESUME', 'reconnect', 'forget'] as const),
    ...([
      'GET_REGION_SIZE',
      'IS_CLEAN',
      'IN_SYNC',
      'IN_SYNC',
      'FLUSH',
      'MARK_REGION',
      'CLEAR_REGION',
    ] as const),
    ...(['GET_RESYNC_WORK', 'GET_RESYNC_WORK', 'SET_REGION_SYNC', 'SET_REGION_SYNC'] as const),
    ...(['GET_SYNC_COUNT', 'STATUS_INFO', 'STATUS_TABLE', 'IS_REMOTE_RECOVERING'] as const),
  ),
  log: fc.nat(2),
  // One behind the last region: to be refused.
  region: fc.nat(REGIONS),
  value: fc.constantFrom(1, 1, 1, 0),
  thread: fc.nat(2),
  short: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 3),
});

function payloadOf({ name, region, value, short }: Step, text: string): Uint8Array {
  const whole = (): Uint8Array => {
    switch (name) {
      case 'CTR':
      case 'reconnect':
        return encodeConstructorText({ text, reconnect: name === 'reconnect' });
      case 'SET_REGION_SYNC':
        return encodeRegionSync({ region: BigInt(region), inSync: BigInt(value) });
      case 'MARK_REGION':
      case 'CLEAR_REGION':
        return encodeRegions([BigInt(region)]);
      case 'FLUSH':
        return value === 1 ? NO_BYTES : encodeRegions([BigInt(region)]);
      case 'IS_CLEAN':
      case 'IN_SYNC':
      case 'IS_REMOTE_RECOVERING':
        return encodeU64(BigInt(region));
      default:
        return NO_BYTES;
    }
  };
  const payload = whole();
  return name === 'CTR' || name === 'reconnect'
    ? payload
    : payload.subarray(0, Math.max(0, payload.length - short));
}

interface Flight {
  readonly open: OpenRequest;
  readonly request: UlogMessage;
  answer: PuppetAnswer | undefined;
}

/** What kernel and daemon say to each other while threads overlap as `choices` decide at each point. */
class Play {
  readonly scenario = new Scenario();
  readonly daemon = new HonestDaemon();
  readonly #flights = new Map<number, Flight>();
  readonly #logs: readonly LogScript[];
  /** Logs that were constructed, resumed and not destroyed yet, as a kernel would have them. */
  readonly #resumed = new Set<LogScript>();
  /** The open request creates or destroys a log. */
  #alone = false;

  constructor(texts: readonly string[]) {
    this.scenario.daemonReady();
    // Two of one uuid, as in a swap.
    this.#logs = texts.map((text, index) => this.scenario.log(index === 2 ? 'V' : 'U', text));
  }

  run(steps: readonly Step[], choices: readonly number[]): void {
    const waiting = [...steps];
    for (let turn = 0; waiting.length > 0 || this.#flights.size > 0; turn += 1) {
      const choice = choices[turn % choices.length] ?? 0;
      const next = waiting[0];
      if (next !== undefined && choice % 2 === 0 && this.#begin(next)) waiting.shift();
      else this.#goOn(choice);
    }
  }

  /** False when it has to wait: its thread has a request open, or a log comes or goes, which nothing overlaps. */
  #begin(next: Step): boolean {
    const log = this.#logs[next.log];
    assert.ok(log !== undefined);
    const alone = ['CTR', 'reconnect', 'DTR', 'forget'].includes(next.name) || this.#alone;
    if (alone && this.#flights.size > 0) return false;
    this.#alone = alone && next.name !== 'forget';
    if (next.name === 'forget') {
      this.scenario.subject('killed');
      this.daemon.forget();
      this.scenario.daemonReady();
      return true;
    }
    if (this.#flights.has(next.thread)) return false;
    const name = next.name === 'reconnect' ? 'CTR' : next.name;
    // A kernel constructs a log that it uses again only as a rebuild.
    const payload = payloadOf(
      name === 'CTR' && this.#resumed.has(log) ? { ...next, name: 'reconnect' } : next,
      log.text,
    );
    if (name === 'RESUME') this.#resumed.add(log);
    if (name === 'DTR') this.#resumed.delete(log);
    const open = log.begin(name, payload, { tid: 300 + next.thread });
    const { uuid, luid } = log;
    const request: UlogMessage = {
      ...{ uuid, luid, version: 3, error: 0, seq: open.seq, requestType: open.type },
      ...{ dataSize: payload.length, payload },
    };
    this.#flights.set(next.thread, { open, request, answer: undefined });
    return true;
  }

  /** Lets one of the open requests reach the daemon, or its answer the kernel. */
  #goOn(choice: number): void {
    const threads = [...this.#flights.keys()];
    const thread = threads[choice % Math.max(1, threads.length)];
    const flight = thread === undefined ? undefined : this.#flights.get(thread);
    if (thread === undefined || flight === undefined) return;
    if (flight.answer === undefined) {
      flight.answer = this.daemon.answer(flight.request);
      return;
    }
    assert.equal(flight.answer.form, 'full');
    const { error, payload } = flight.answer;
    flight.open.answer(payload, { error });
    this.#flights.delete(thread);
    this.#alone = false;
  }
}

const texts = fc.array(fc.constantFrom(...TEXTS), { minLength: 3, maxLength: 3 });

void describe('the honest daemon', () => {
  void it('breaks no rule of the oracle, whatever is asked in whatever order', () => {
    fc.assert(
      fc.property(
        texts,
        fc.array(step, { maxLength: 60 }),
        fc.array(fc.nat(11), { minLength: 1, maxLength: 97 }),
        (logs, steps, choices) => {
          const play = new Play(logs);
          // At least one even choice, or no request would ever be sent.
          play.run(steps, [0, ...choices]);
          const found = judgeHistory(play.scenario.history()).filter(({ side }) => side === 'daemon');
          assert.deepEqual(found, []);
        },
      ),
      { numRuns: 600 },
    );
  });

  void it('breaks none about logs that are used as a kernel does', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...TEXTS.slice(0, 4)),
        fc.array(
          step.filter(({ name }) => name !== 'CTR' && name !== 'DTR' && name !== 'forget'),
          { maxLength: 60 },
        ),
        (text, steps) => {
          const play = new Play([text, text, text]);
          const first = { log: 0, region: 0, value: 1, thread: 0, short: 0 };
          const begin: Step[] = [
            { ...first, name: 'CTR' },
            { ...first, name: 'RESUME' },
          ];
          play.run([...begin, ...steps.map((next) => ({ ...next, log: 0, thread: 0 }))], [0, 1, 3]);
          const found = judgeHistory(play.scenario.history()).filter(({ side }) => side === 'daemon');
          assert.deepEqual(found, []);
        },
      ),
      { numRuns: 400 },
    );
  });

  void it('hands out each region once, in order, and counts them', () => {
    const daemon = new HonestDaemon();
    const ask = (name: RequestName, payload: Uint8Array = NO_BYTES): string => {
      const answer = daemon.answer({
        ...{ luid: 1n, uuid: 'U', version: 3, error: 0, seq: 1, requestType: RequestType[name] },
        ...{ dataSize: payload.length, payload },
      });
      assert.ok(answer.form === 'full');
      return `${answer.error} ${[...answer.payload].filter((_byte, at) => at % 8 === 0).join()}`;
    };
    ask('CTR', encodeConstructorText({ text: TEXTS[0], reconnect: false }));
    ask('RESUME');
    for (let region = 0; region < REGIONS; region += 1) {
      assert.equal(ask('GET_RESYNC_WORK'), `0 1,${region}`);
      assert.equal(ask('GET_RESYNC_WORK'), `0 1,${region}`);
      // The third one fails, and is not handed out again before the next RESUME.
      ask('SET_REGION_SYNC', encodeRegionSync({ region: BigInt(region), inSync: region === 2 ? 0n : 1n }));
    }
    assert.deepEqual(
      [ask('GET_RESYNC_WORK'), ask('GET_SYNC_COUNT'), ask('IS_REMOTE_RECOVERING', encodeU64(4n))],
      ['0 0,0', `0 ${REGIONS - 1}`, '0 0,2'],
    );
    for (const name of ['PRESUSPEND', 'POSTSUSPEND', 'RESUME'] as const) ask(name);
    assert.equal(ask('GET_RESYNC_WORK'), '0 1,2');
  });

  void it('answers types that are none with -EINVAL', () => {
    const base = { luid: 1n, uuid: 'U', version: 3, error: 0, seq: 1, dataSize: 0, payload: NO_BYTES };
    for (const requestType of [0, 18, 255]) {
      assert.deepEqual(new HonestDaemon().answer({ ...base, requestType }), {
        ...{ form: 'full', error: -22, payload: NO_BYTES },
      });
    }
  });
});
