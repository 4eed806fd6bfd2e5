import type { Deed, LockSchedule, Mishap, Mode } from './deeds.js';

/** A call as a host makes it. */
export interface PlacedCall extends Omit<Deed, 'op' | 'drive' | 'mode'> {
  readonly op: Exclude<Deed['op'], 'vote' | 'leave'>;
  readonly drive: number;
  readonly mode: Exclude<Mode, 'held'>;
}

/** Where a schedule is played. */
export interface Stage {
  /** Makes a call as a host; gives the name of the status, `lost`, or `gone` when the host was killed. */
  call(host: number, call: PlacedCall): Promise<string>;
  /** Lets something befall them; `othersDone` resolves when all hosts but that one have done what they do in the round. */
  befall(mishap: Mishap, othersDone: Promise<void>): Promise<void>;
  /** The round is over: brings back what has to be there in the next one. */
  recover(): Promise<void>;
}

const GOOD = 'good';
const GONE = 'gone';
const GRANTS: readonly PlacedCall['op'][] = ['trylock', 'lock', 'init', 'refresh', 'break'];

/** Plays a schedule: in each round all hosts at once, and what befalls them when so many calls were made. */
export async function runSchedule(schedule: LockSchedule, stage: Stage): Promise<void> {
  const play = new Play(schedule.drives, stage);
  for (const round of schedule.rounds) await play.round(round);
}

class Play {
  /** Class that the host was granted last, by `host drive resource`. */
  readonly #granted = new Map<string, PlacedCall['mode']>();
  readonly #due: { readonly afterCalls: number; readonly begin: () => void }[] = [];
  #calls = 0;

  constructor(
    private readonly drives: number,
    private readonly stage: Stage,
  ) {}

  async round({ deeds, mishaps }: LockSchedule['rounds'][number]): Promise<void> {
    this.#calls = 0;
    this.#due.length = 0;
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    /** Hosts that go on until they are killed, so that something is under way then. */
    const doomed = new Set(mishaps.flatMap(({ mishap }) => (mishap.kind === 'kill' ? [mishap.host] : [])));
    const hosts = deeds.map(async (own, host) => {
      await begun;
      do {
        for (const deed of own) if (!(await this.#do(host, deed))) return;
      } while (doomed.has(host));
    });
    const befallen = mishaps.map(async ({ afterCalls, mishap }) => {
      const others = hosts.filter((_unused, host) => !('host' in mishap) || mishap.host !== host);
      // A round that makes fewer calls is over by then.
      const over = Promise.all(hosts).then(() => undefined);
      try {
        await Promise.race([this.#after(afterCalls), over]);
        await this.stage.befall(
          mishap,
          Promise.all(others).then(() => undefined),
        );
      } finally {
        if (mishap.kind === 'kill') doomed.delete(mishap.host);
      }
    });
    begin();
    await Promise.all([...hosts, ...befallen]);
    await this.stage.recover();
  }

  /** Resolves as soon as so many calls of the round were made. */
  async #after(afterCalls: number): Promise<void> {
    if (afterCalls <= this.#calls) return;
    await new Promise<void>((begin) => this.#due.push({ afterCalls, begin }));
  }

  /** False when the host is gone. */
  async #do(host: number, deed: Deed): Promise<boolean> {
    const luns =
      deed.drive === undefined ? Array.from({ length: this.drives }, (_unused, lun) => lun) : [deed.drive];
    const ask = async (asked: Deed, drives = luns): Promise<readonly string[]> =>
      await Promise.all(drives.map((drive) => this.#call(host, drive, asked)));
    switch (deed.op) {
      case 'vote': {
        const answers = await ask({ ...deed, op: 'trylock' });
        const held = luns.filter((lun) => this.#granted.has(keyOf(host, lun, deed.resource)));
        const gives = held.length <= this.drives / 2 && held.length > 0;
        const left = gives ? await ask({ ...deed, op: 'unlock', mode: 'held' }, held) : [];
        return ![...answers, ...left].includes(GONE);
      }
      case 'leave':
        return !(await ask({ ...deed, op: 'unlock', mode: 'held' })).includes(GONE);
      case 'trylock':
      case 'lock':
      case 'init':
      case 'unlock':
      case 'refresh':
      case 'break':
      case 'destroy':
      case 'list':
        return !(await ask(deed)).includes(GONE);
    }
  }

  async #call(host: number, drive: number, deed: Deed): Promise<string> {
    const { op } = deed;
    if (op === 'vote' || op === 'leave') throw new Error(`${op} is no call`);
    const key = keyOf(host, drive, deed.resource);
    const mode = deed.mode === 'held' ? (this.#granted.get(key) ?? 'exclusive') : deed.mode;
    this.#calls++;
    for (const { afterCalls, begin } of this.#due) if (afterCalls <= this.#calls) begin();
    const answer = await this.stage.call(host, { ...deed, op, drive, mode });
    if (answer === GOOD && GRANTS.includes(op)) this.#granted.set(key, mode);
    if (op === 'unlock' || op === 'destroy') this.#granted.delete(key);
    return answer;
  }
}

const keyOf = (host: number, drive: number, resource: string): string => `${host} ${drive} ${resource}`;
