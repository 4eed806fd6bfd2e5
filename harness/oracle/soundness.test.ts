/** The oracle never accuses a log that does everything right, in whatever order its requests overlap. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  encodeRegions,
  encodeRegionSync,
  encodeRemoteRecovering,
  encodeResyncWork,
  encodeS64,
  encodeU64,
  type RequestName,
} from '../ulog/index.js';
import { Scenario, type LogScript, type OpenRequest } from '../history/scenario/index.js';
import { judgeHistory } from './index.js';

const REGIONS = 5;
const NO_BYTES = new Uint8Array(0);

/** A log that does each request at one moment, written for this test only. */
class RightLog {
  readonly sync: boolean[];
  readonly failed = new Set<number>();
  recovering: number | undefined;
  state: 'pending' | 'active' | 'quiescing' = 'pending';

  constructor(readonly nosync: boolean) {
    this.sync = Array.from({ length: REGIONS }, () => nosync);
  }

  do(name: RequestName, region: number, value: number): Uint8Array {
    switch (name) {
      case 'RESUME':
        this.state = 'active';
        return NO_BYTES;
      case 'PRESUSPEND':
        this.state = 'quiescing';
        return NO_BYTES;
      case 'IN_SYNC':
        return encodeS64(this.sync[region] === true ? 1n : 0n);
      case 'GET_SYNC_COUNT':
        return encodeU64(BigInt(this.sync.filter(Boolean).length));
      case 'SET_REGION_SYNC':
        this.sync[region] = value === 1;
        this.recovering = undefined;
        return NO_BYTES;
      case 'GET_RESYNC_WORK':
        return this.#work();
      case 'IS_REMOTE_RECOVERING':
        return this.#hint();
      default:
        return NO_BYTES;
    }
  }

  #work(): Uint8Array {
    const none = encodeResyncWork({ haveWork: 0n, region: 0n });
    if (this.state === 'quiescing') return none;
    const first = this.sync.indexOf(false);
    const region = this.recovering ?? (first === -1 ? undefined : first);
    if (region === undefined) return none;
    this.recovering = region;
    return encodeResyncWork({ haveWork: 1n, region: BigInt(region) });
  }

  #hint(): Uint8Array {
    const first = this.sync.indexOf(false);
    const hint = this.state === 'quiescing' || first === -1 ? REGIONS : first;
    return encodeRemoteRecovering({ recovering: 0n, inSyncHint: BigInt(hint) });
  }
}

/** One request: when in the walk it is sent, done and answered is up to the generated steps. */
interface Step {
  readonly name: RequestName;
  readonly region: number;
  readonly value: number;
  /** Thread, so that some requests overlap and others do not. */
  readonly thread: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom<RequestName>(
    'IN_SYNC',
    'IN_SYNC',
    'GET_SYNC_COUNT',
    'SET_REGION_SYNC',
    'SET_REGION_SYNC',
    'GET_RESYNC_WORK',
    'IS_REMOTE_RECOVERING',
    'MARK_REGION',
    'CLEAR_REGION',
    'PRESUSPEND',
  ),
  region: fc.nat(REGIONS - 1),
  value: fc.constantFrom(1, 1, 0),
  thread: fc.nat(3),
});

function payloadOf({ name, region, value }: Step): Uint8Array {
  switch (name) {
    case 'SET_REGION_SYNC':
      return encodeRegionSync({ region: BigInt(region), inSync: BigInt(value) });
    case 'MARK_REGION':
    case 'CLEAR_REGION':
      return encodeRegions([BigInt(region)]);
    case 'IN_SYNC':
    case 'IS_REMOTE_RECOVERING':
      return encodeU64(BigInt(region));
    default:
      return NO_BYTES;
  }
}

interface Flight {
  readonly step: Step;
  readonly open: OpenRequest;
  answer: Uint8Array | undefined;
}

/** Runs the steps on up to four threads; `choices` decides at each point who goes on by one stage. */
function run(log: LogScript, right: RightLog, steps: readonly Step[], choices: readonly number[]): void {
  const waiting = [...steps];
  const flights = new Map<number, Flight>();
  let turn = 0;
  while (waiting.length > 0 || flights.size > 0) {
    const choice = choices[turn % choices.length] ?? 0;
    turn += 1;
    const next = waiting[0];
    if (next !== undefined && !flights.has(next.thread) && choice % 2 === 0) {
      waiting.shift();
      const open = log.begin(next.name, payloadOf(next), { tid: 300 + next.thread });
      flights.set(next.thread, { step: next, open, answer: undefined });
      continue;
    }
    const threads = [...flights.keys()];
    const thread = threads[choice % Math.max(1, threads.length)];
    const flight = thread === undefined ? undefined : flights.get(thread);
    if (thread === undefined || flight === undefined) continue;
    if (flight.answer === undefined) {
      flight.answer = right.do(flight.step.name, flight.step.region, flight.step.value);
    } else {
      flight.open.answer(flight.answer);
      flights.delete(thread);
    }
  }
}

function begin(nosync: boolean): { readonly s: Scenario; readonly log: LogScript; readonly right: RightLog } {
  const s = new Scenario();
  s.daemonReady();
  const log = s.log('U', `${REGIONS * 1024} clustered-core 1024${nosync ? ' nosync' : ''}`);
  log.construct(1024, nosync ? REGIONS : 0);
  log.resume();
  const right = new RightLog(nosync);
  right.do('RESUME', 0, 0);
  return { s, log, right };
}

void describe('the oracle', () => {
  void it('does not accuse a right log, whatever overlaps', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.nat(11), { minLength: 1, maxLength: 97 }),
        (nosync, steps, choices) => {
          const { s, log, right } = begin(nosync);
          // At least one even choice, or no request would ever be sent.
          run(log, right, steps, [0, ...choices]);
          const found = judgeHistory(s.history()).filter(({ side }) => side === 'daemon');
          assert.deepEqual(found, []);
        },
      ),
      { numRuns: 400 },
    );
  });

  void it('sees a wrong bit or count that nothing in flight explains', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(step, { maxLength: 20 }),
        fc.nat(REGIONS - 1),
        (nosync, steps, region) => {
          const { s, log, right } = begin(nosync);
          run(
            log,
            right,
            steps.filter(({ name, value }) => value === 1 && name !== 'CLEAR_REGION'),
            [0],
          );
          log.inSync(region, right.sync[region] === true ? 0 : 1);
          log.count((right.sync.filter(Boolean).length + 1) % (REGIONS + 1));
          const found = judgeHistory(s.history()).filter(({ side }) => side === 'daemon');
          assert.ok(found.some(({ id }) => id === 'SYNC-02'));
          assert.ok(found.some(({ id }) => id === 'SYNC-06'));
        },
      ),
      { numRuns: 100 },
    );
  });

  void it('judges ten thousand requests in a few seconds', () => {
    const s = new Scenario();
    const regions = 1000;
    const log = s.log('U', `${regions * 1024} clustered-core 1024`);
    log.construct(1024);
    log.resume();
    for (let region = 0; region < regions; region += 1) log.recover(region, region + 1);
    for (let region = 0; region < regions; region += 1) log.write(region);
    const history = s.history();
    assert.ok(history.exchanges().length > 10_000);
    const started = performance.now();
    assert.deepEqual(judgeHistory(history), []);
    assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`);
  });
});
