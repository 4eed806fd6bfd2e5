/** Lives of log instances: a luid is a kernel address and comes back after DTR (spec 6). */
import { decodeConstructorText, UlogFormatError } from '../ulog/index.js';
import type { Exchange } from './exchange.js';

/** One life of a (uuid, luid) pair on one node, from its construction to its DTR. */
export interface Instance {
  readonly node: string;
  readonly uuid: string;
  readonly luid: bigint;
  /** The CTR that constructed it; undefined when the recording began later. */
  readonly birth?: Exchange;
  /** The DTR that ended it. */
  readonly death?: Exchange;
  /** All requests of this life in order, birth and death included. */
  readonly exchanges: readonly Exchange[];
  /** True when its construction CTR was refused: the kernel then sends nothing else (spec 4, row 1). */
  readonly stillborn: boolean;
}

/** A CTR whose payload ends in NUL is a rebuild of an old instance, not a construction (spec 2.6). */
export function isReconnect(exchange: Exchange): boolean {
  return exchange.name === 'CTR' && exchange.payload.at(-1) === 0;
}

/** The text of a CTR without its NUL; undefined when the payload is not a text. */
export function constructorText(exchange: Exchange): string | undefined {
  try {
    return decodeConstructorText(exchange.payload).text;
  } catch (error) {
    if (error instanceof UlogFormatError) return undefined;
    throw error;
  }
}

interface Life {
  readonly node: string;
  readonly uuid: string;
  readonly luid: bigint;
  readonly birth?: Exchange;
  death?: Exchange;
  readonly exchanges: Exchange[];
  stillborn: boolean;
  resumed: boolean;
}

/**
 * Splits exchanges into lives. A construction CTR begins a new life, unless the pair is already resumed: then it
 * is a resend or a reconnect in other words (spec 6.2, item 6). A DTR ends the life; so does a refused CTR.
 */
export function splitInstances(exchanges: readonly Exchange[]): readonly Instance[] {
  const lives: Life[] = [];
  const current = new Map<string, Life>();
  for (const exchange of exchanges) {
    const { node, uuid, luid } = exchange;
    const key = `${node}/${luid}/${uuid}`;
    let life = current.get(key);
    const constructs = exchange.name === 'CTR' && !isReconnect(exchange) && life?.resumed !== true;
    if (life === undefined || constructs) {
      life = {
        node,
        uuid,
        luid,
        ...(constructs ? { birth: exchange } : {}),
        exchanges: [],
        stillborn: false,
        resumed: false,
      };
      lives.push(life);
      current.set(key, life);
    }
    life.exchanges.push(exchange);
    if (exchange.name === 'RESUME') life.resumed = true;
    if (exchange.name === 'DTR') {
      life.death = exchange;
      current.delete(key);
    }
    if (constructs && (exchange.result ?? exchange.answer?.error ?? 0) < 0) life.stillborn = true;
  }
  return lives;
}
