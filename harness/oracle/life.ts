/** Lives of log instances, with what both sides' rules ask about them. */
import {
  constructorText,
  isReconnect,
  type Exchange,
  type History,
  type Instance,
} from '../history/index.js';
import { parseConstructor, type ConstructorParts } from './constructor-text.js';

/** One life of a (uuid, luid) pair. Places are indexes into `history.events`. */
export interface Life {
  readonly instance: Instance;
  /** 'L3 (uuid U, luid 0x...)', for texts; L numbers as in the timeline. */
  readonly name: string;
  readonly node: string;
  readonly uuid: string;
  readonly luid: bigint;
  /** What it was constructed with; undefined when that is unreadable or was not recorded. */
  readonly parts: ConstructorParts | undefined;
  /** Place of its first request. */
  readonly from: number;
  /** Place where its DTR was sent; Infinity when it was not. */
  readonly to: number;
  /** Place where the first RESUME of the kernel's resume path was sent; Infinity when there was none. */
  readonly resumed: number;
  /** The life of the same pair before this one. */
  readonly former: Life | undefined;
}

/** Lives of one history, and the sets of requests that several rules need. */
export class Lives {
  readonly all: readonly Life[];
  readonly #byExchange = new Map<Exchange, Life>();
  readonly #rebuild = new Set<Exchange>();

  constructor(readonly history: History) {
    for (const exchange of history.exchanges()) if (isReconnect(exchange)) this.#addRebuild(exchange);
    const latest = new Map<string, Life>();
    const all: Life[] = [];
    for (const [index, instance] of history.instances().entries()) {
      const key = `${instance.node}/${instance.luid}/${instance.uuid}`;
      const life = this.#live(instance, index, latest.get(key));
      latest.set(key, life);
      all.push(life);
      for (const exchange of instance.exchanges) this.#byExchange.set(exchange, life);
    }
    this.all = all;
  }

  /** The life that a request belongs to. */
  of(exchange: Exchange): Life {
    const life = this.#byExchange.get(exchange);
    if (life === undefined) throw new Error('an exchange of another history');
    return life;
  }

  /** Place where a request was sent first. */
  sent(exchange: Exchange): number {
    const first = exchange.transmissions[0] ?? exchange.events()[0];
    return first === undefined ? Infinity : this.history.place(first);
  }

  /** True for the CTR and RESUME with which the kernel rebuilds a log after -ESRCH (spec 2.6). */
  isRebuild(exchange: Exchange): boolean {
    return this.#rebuild.has(exchange);
  }

  /** Other instances of the same uuid and node whose life overlaps this one, and that were there before `place`. */
  siblings(life: Life, place = Infinity): readonly Life[] {
    return this.all.filter(
      (other) =>
        other !== life &&
        other.uuid === life.uuid &&
        other.node === life.node &&
        !other.instance.stillborn &&
        other.from < place &&
        other.from < life.to &&
        life.from < other.to,
    );
  }

  #addRebuild(ctr: Exchange): void {
    this.#rebuild.add(ctr);
    const thread = this.history.thread(ctr.node, ctr.tid);
    const next = thread[thread.indexOf(ctr) + 1];
    if (next?.name === 'RESUME' && next.luid === ctr.luid && next.uuid === ctr.uuid) this.#rebuild.add(next);
  }

  #live(instance: Instance, index: number, former: Life | undefined): Life {
    const { node, uuid, luid, birth, death, exchanges } = instance;
    const text = birth === undefined ? undefined : constructorText(birth);
    const resume = exchanges.find((exchange) => exchange.name === 'RESUME' && !this.isRebuild(exchange));
    const first = exchanges[0];
    return {
      instance,
      name: `L${index + 1} (uuid ${uuid}, luid 0x${luid.toString(16)})`,
      node,
      uuid,
      luid,
      parts: text === undefined ? undefined : parseConstructor(text),
      from: first === undefined ? Infinity : this.sent(first),
      to: death === undefined ? Infinity : this.sent(death),
      resumed: resume === undefined ? Infinity : this.sent(resume),
      former,
    };
  }
}
