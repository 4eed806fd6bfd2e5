/** The oracle's rules for kernels do not accuse a right kernel, whatever the puppet makes of its requests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Scenario, WORKER, type LogScript } from '../history/scenario/index.js';
import { judgeHistory } from '../oracle/index.js';
import {
  decodeRemoteRecovering,
  decodeResyncWork,
  decodeS64,
  decodeU64,
  encodeConstructorText,
  encodeRegions,
  encodeRegionSync,
  encodeU64,
  expectedReplySize,
  type RequestName,
} from '../ulog/index.js';
import { HonestDaemon } from './honest-daemon.js';

const REGIONS = 6;
const SIZE = 1024;
const NO_BYTES: Uint8Array = new Uint8Array(0);

const LIES = [
  ...([
    'honest',
    'honest',
    'honest',
    'honest',
    'honest',
    'honest',
    'false',
    'false',
    'error',
    'positive',
  ] as const),
  ...([
    'unknown log',
    'again',
    'again without room',
    'drop',
    'malformed',
    'late',
    'stray',
    'short',
    'long',
  ] as const),
  ...(['ack', 'twice', 'two answers', 'death'] as const),
] as const;
type Lie = (typeof LIES)[number];

/** What is done to the mirror. */
const DEEDS = ['write', 'write', 'write two', 'pass', 'pass', 'status', 'suspend and resume'] as const;
interface Deed {
  readonly what: (typeof DEEDS)[number];
  readonly region: number;
}

type Outcome = { readonly result: number; readonly data: Uint8Array };

/**
 * One mirror and its log as a right kernel drives them, one request after the other (spec 2.5, 2.6, 7, 8, 9). What
 * garbage stands where an answer had no data is decided by the choices, like the lies.
 */
class Kernel {
  readonly s = new Scenario({ underTest: 'kernel', daemon: 'puppet' });
  readonly #daemon = new HonestDaemon();
  readonly #log: LogScript;
  readonly #hash = new Map<number, 'clean' | 'dirty' | 'nosync' | 'recovering'>();
  #marks: number[] = [];
  #clears: number[] = [];
  #recovering: number | undefined;
  #hint = 0;
  #flagged = false;
  #loaded = false;
  #turn = 0;
  /** So many lies are told; then the puppet is honest, or some loops of the kernel would never end. */
  #liesLeft = 120;

  constructor(
    private readonly integrated: boolean,
    nosync: boolean,
    private readonly lies: readonly Lie[],
    private readonly garbage: readonly number[],
  ) {
    this.#log = this.s.log('U', `${REGIONS * SIZE} clustered-core ${SIZE}${nosync ? ' nosync' : ''}`);
    this.s.daemonReady();
  }

  run(deeds: readonly Deed[]): void {
    const words = this.#log.text.split(' ').slice(1);
    const log = [this.#log.uuid, ...(this.integrated ? ['integrated_flush'] : []), ...words];
    const table = `0 ${REGIONS * SIZE} mirror userspace ${log.length} ${log.join(' ')} 2 7:0 0 7:1 0`;
    this.s.command(`dmsetup create m --table ${table}`, () => {
      const text = encodeConstructorText({ text: this.#log.text, reconnect: false });
      if (this.#ioctl('CTR', text).result < 0) return;
      if (this.#ioctl('GET_REGION_SIZE').result !== 0) return;
      this.#ioctl('RESUME');
      this.#loaded = true;
    });
    if (!this.#loaded) return;
    for (const deed of deeds) this.#do(deed);
    this.s.command('dmsetup remove m', () => {
      this.#suspend();
      this.#ioctl('DTR');
    });
  }

  #do({ what, region }: Deed): void {
    switch (what) {
      case 'write':
        this.#pass([region]);
        break;
      case 'write two':
        this.#pass([region, (region + 1) % REGIONS]);
        break;
      case 'pass':
        this.#pass([]);
        break;
      case 'status':
        this.s.command('dmsetup status m', () => {
          this.#wrapped('GET_SYNC_COUNT', NO_BYTES, 201);
          this.#wrapped('STATUS_INFO', NO_BYTES, 201);
        });
        break;
      case 'suspend and resume':
        this.s.command('dmsetup suspend m', () => {
          this.#suspend();
        });
        this.s.command('dmsetup resume m', () => {
          this.#ioctl('RESUME');
        });
        this.#hint = 0;
        break;
    }
  }

  #suspend(): void {
    this.#finishRecovery();
    this.#ioctl('PRESUSPEND');
    this.#flush();
    this.#ioctl('POSTSUSPEND');
  }

  /** One run of the mirror's worker (spec 7). */
  #pass(writes: readonly number[]): void {
    this.#finishRecovery();
    for (const [region, state] of this.#hash) if (state === 'clean') this.#hash.delete(region);
    this.#flush();
    if (this.#hint < REGIONS) this.#recover();
    if (!this.#flagged) this.#count();
    const sync: number[] = [];
    const nosync: number[] = [];
    for (const region of writes) {
      if (region >= this.#hint && this.#remoteRecovering(region)) continue;
      const state = this.#hash.get(region);
      if (state === 'recovering') continue;
      const isSync = state === undefined ? this.#inSync(region) === 1 : state !== 'nosync';
      (isSync ? sync : nosync).push(region);
    }
    for (const region of [...sync, ...nosync]) {
      if (!this.#hash.has(region)) this.#hash.set(region, this.#inSync(region) === 0 ? 'nosync' : 'clean');
      if (this.#hash.get(region) !== 'clean') continue;
      this.#hash.set(region, 'dirty');
      this.#marks.unshift(region);
    }
    this.#flush();
    for (const [region, state] of this.#hash) {
      if (state !== 'dirty') continue;
      this.#hash.set(region, 'clean');
      this.#clears.push(region);
    }
  }

  #finishRecovery(): void {
    const region = this.#recovering;
    if (region === undefined) return;
    this.#recovering = undefined;
    const worked = this.#chance() % 4 !== 0;
    const change = encodeRegionSync({ region: BigInt(region), inSync: worked ? 1n : 0n });
    this.#wrapped('SET_REGION_SYNC', change);
    this.#hash.delete(region);
    if (worked) this.#clears.push(region);
  }

  #recover(): void {
    if (this.#recovering !== undefined) return;
    const { result, data } = this.#wrapped('GET_RESYNC_WORK');
    const work = decodeResyncWork(data);
    const have = result === 0 ? Number(BigInt.asIntN(32, work.haveWork)) : result;
    if (have <= 0) return;
    const region = Number(work.region % 8n);
    if (!this.#hash.has(region)) this.#inSync(region);
    this.#clears = this.#clears.filter((queued) => queued !== region);
    this.#hash.set(region, 'recovering');
    this.#recovering = region;
  }

  #count(): void {
    const { result, data } = this.#wrapped('GET_SYNC_COUNT');
    const count = result === 0 ? decodeU64(data) : 0n;
    this.#flagged = count === BigInt(REGIONS);
    if (count >= BigInt(REGIONS)) this.#hint = REGIONS;
  }

  #remoteRecovering(region: number): boolean {
    const { result, data } = this.#wrapped('IS_REMOTE_RECOVERING', encodeU64(BigInt(region)));
    const answer = decodeRemoteRecovering(data);
    if (result !== 0) return true;
    this.#hint = Number(answer.inSyncHint % 8n);
    return BigInt.asIntN(32, answer.recovering) !== 0n;
  }

  #inSync(region: number): number {
    const { result, data } = this.#wrapped('IN_SYNC', encodeU64(BigInt(region)));
    return result === 0 ? Number(BigInt.asIntN(32, decodeS64(data))) : 0;
  }

  /** Spec 8, without the lazy flush. */
  #flush(): void {
    const [marks, clears] = [this.#marks, this.#clears];
    this.#marks = [];
    this.#clears = [];
    if (marks.length + clears.length === 0) return;
    if (!this.#group('CLEAR_REGION', clears)) return;
    if (this.integrated) {
      if (marks.length > 0) this.#wrapped('FLUSH', encodeRegions(marks.map(BigInt)));
      return;
    }
    if (this.#group('MARK_REGION', marks)) this.#wrapped('FLUSH');
  }

  #group(name: RequestName, regions: readonly number[]): boolean {
    const list = regions.map(BigInt);
    if (list.length === 0 || this.#wrapped(name, encodeRegions(list)).result === 0) return true;
    return list.every((region) => this.#wrapped(name, encodeRegions([region])).result === 0);
  }

  /** The reconnect wrapper (spec 2.6). */
  #wrapped(name: RequestName, payload = NO_BYTES, tid = WORKER): Outcome {
    let outcome = this.#consult(name, payload, tid);
    while (outcome.result === -3) {
      const text = encodeConstructorText({ text: this.#log.text, reconnect: true });
      do this.s.wait(2000);
      while (this.#consult('CTR', text, tid).result !== 0);
      if (this.#consult('RESUME', NO_BYTES, tid).result !== 0) return outcome;
      outcome = this.#consult(name, payload, tid);
    }
    return outcome;
  }

  #ioctl(name: RequestName, payload = NO_BYTES): Outcome {
    return this.#consult(name, payload, this.s.threadOf(name));
  }

  /** dm_consult_userspace with a puppet at the other end. */
  #consult(name: RequestName, payload: Uint8Array, tid: number): Outcome {
    const open = this.#log.begin(name, payload, { tid });
    const size = expectedReplySize(open.type, name === 'CTR' && payload.at(-1) === 0);
    let { capacity } = size;
    const expected = typeof size.expected === 'number' ? size.expected : 0;
    const ends = (result: number, data = NO_BYTES): Outcome => {
      open.return(result);
      const room = Buffer.from(Array.from({ length: 16 }, () => this.#chance()));
      room.set(data.subarray(0, 16));
      return { result, data: room.subarray(0, expected || 16) };
    };
    for (;;) {
      const { uuid, luid } = this.#log;
      const request = { uuid, luid, version: 3, error: 0, seq: open.seq, requestType: open.type };
      const honest = this.#daemon.answer({ ...request, dataSize: payload.length, payload });
      assert.ok(honest.form === 'full');
      const fits = (error: number, data: Uint8Array): Outcome =>
        data.length > capacity ? ends(-28) : ends(error, data);
      const random = Buffer.from(
        Array.from({ length: expected }, (_, at) => (at % 8 === 0 ? this.#chance() : 0)),
      );
      switch (this.#lie()) {
        case 'honest':
          open.reply(honest.payload, { error: honest.error });
          return fits(honest.error, honest.payload);
        case 'false':
          open.reply(random);
          return fits(0, random);
        case 'error':
          open.reply(NO_BYTES, { error: -5 });
          return ends(-5);
        case 'positive':
          open.reply(NO_BYTES, { error: 5 });
          return ends(5);
        case 'unknown log':
          open.reply(new Uint8Array(expected), { error: -3 });
          return ends(-3);
        case 'again':
          open.reply(new Uint8Array(expected), { error: -11 }).transmit();
          break;
        case 'again without room':
          open.reply(NO_BYTES, { error: -11, form: 'ack' }).transmit();
          capacity = 0;
          break;
        case 'drop':
          open.transmit(15_000);
          break;
        case 'malformed':
          open.reply(NO_BYTES, { form: 'malformed', length: 20 }).transmit(15_200);
          break;
        case 'late': {
          const { seq } = open;
          open.transmit(15_100).reply(random, { seq });
          break;
        }
        case 'stray':
          open.reply(random, { seq: (open.seq + 2 ** 30) >>> 0 }).transmit(15_000);
          break;
        case 'short':
          open.reply(random.subarray(4));
          return fits(0, random.subarray(4));
        case 'long':
          open.reply(new Uint8Array(20_000));
          return ends(-28);
        case 'ack':
          open.reply(NO_BYTES, { form: 'ack' });
          return ends(0);
        case 'twice':
          open.reply(honest.payload, { error: honest.error }).reply(honest.payload, { error: honest.error });
          return fits(honest.error, honest.payload);
        case 'two answers':
          // The second one comes before the caller has woken up.
          open.reply(honest.payload, { error: honest.error }).reply(random);
          return fits(0, random);
        case 'death':
          this.s.subject('killed');
          this.#daemon.forget();
          this.s.daemonReady();
          open.transmit(15_000);
          break;
      }
    }
  }

  #lie(): Lie {
    const lie = this.lies[this.#turn % this.lies.length] ?? 'honest';
    this.#turn += 1;
    if (lie === 'honest' || this.#liesLeft === 0) return 'honest';
    this.#liesLeft -= 1;
    return lie;
  }

  #chance(): number {
    this.#turn += 1;
    return this.garbage[this.#turn % this.garbage.length] ?? 0;
  }
}

const deed: fc.Arbitrary<Deed> = fc.record({ what: fc.constantFrom(...DEEDS), region: fc.nat(REGIONS - 1) });

function kernelDeviations(kernel: Kernel): unknown[] {
  return judgeHistory(kernel.s.history()).filter(({ side }) => side === 'kernel');
}

void describe('a right kernel', () => {
  void it('is accused of nothing, however the puppet lies, drops, repeats and delays', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.array(deed, { maxLength: 30 }),
        fc.array(fc.constantFrom(...LIES), { minLength: 1, maxLength: 50 }),
        fc.array(fc.nat(7), { minLength: 1, maxLength: 31 }),
        (integrated, nosync, deeds, lies, garbage) => {
          const kernel = new Kernel(integrated, nosync, lies, garbage);
          kernel.run(deeds);
          assert.deepEqual(kernelDeviations(kernel), []);
        },
      ),
      { numRuns: 500 },
    );
  });

  void it('is not mistaken when each lie is told all the time', () => {
    const deeds = Array.from({ length: 60 }, (_, index): Deed => ({
      what: DEEDS[index % DEEDS.length] ?? 'pass',
      region: (index * 5) % REGIONS,
    }));
    for (const lie of LIES) {
      for (const integrated of [false, true]) {
        const kernel = new Kernel(
          integrated,
          false,
          ['honest', 'honest', 'honest', 'honest', lie],
          [0, 1, 2, 3, 1],
        );
        kernel.run(deeds);
        assert.deepEqual(kernelDeviations(kernel), [], lie);
        if (lie === 'honest') assert.deepEqual(judgeHistory(kernel.s.history()), []);
      }
    }
  });
});
