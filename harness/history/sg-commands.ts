/** SCSI commands that a test sent byte by byte, and how they ended, as the node's kernel saw it. */
import { z } from 'zod';
import type { HistoryEvent } from './events.js';
import type { History } from './history.js';
import { answerWord } from './locks.js';
import { SG_COMMAND } from './observations.js';

/** One of them. */
export interface SgExchange {
  /** Hex. */
  readonly cdb: string;
  /** `GOOD`, `RC`, `CT`, `OOR`, `check 24`: the words of spec idm 6.2; `lost` when the host's side ended it. */
  readonly result: string;
  /** What came in, without the residual. */
  readonly dataIn: Buffer;
  /** `write f0200000000000000000000002000100 → GOOD`. */
  readonly line: string;
  readonly event: HistoryEvent;
}

/** The fields that are read here, of those of an observation {@link SG_COMMAND}. */
const observed = z.object({
  cdb: z.string(),
  direction: z.enum(['none', 'read', 'write']),
  status: z.number(),
  hostStatus: z.number(),
  sense: z.string(),
  dataIn: z.string(),
});

/** All commands with this opcode, in the order in which they ended; TEST UNIT READY and the like are left out so. */
export function sgExchanges(history: History, opcode: number): readonly SgExchange[] {
  return history.observations(SG_COMMAND).flatMap((event) => {
    const { cdb, direction, status, hostStatus, sense, dataIn } = observed.parse(event.value);
    if (parseInt(cdb.slice(0, 2), 16) !== opcode) return [];
    const result = answerWord(hostStatus === 0 ? status : null, Buffer.from(sense, 'hex'));
    const line = `${direction} ${cdb} → ${result}`;
    return [{ cdb, result, dataIn: Buffer.from(dataIn, 'hex'), line, event }];
  });
}
