import type { JsonValue } from '../../history/index.js';
import type { SgCommand, SgResult } from './sg-frames.js';

/** A command of a node and how it ended, as an observation has it; bytes in hex. */
export function sgObservation(device: string, command: SgCommand, result: SgResult): JsonValue {
  const { begin, end, sense, data, ...fields } = result;
  const hex = (bytes: Uint8Array = new Uint8Array()): string => Buffer.from(bytes).toString('hex');
  return {
    device,
    cdb: hex(command.cdb),
    direction: command.direction,
    dataOut: hex(command.dataOut),
    ...fields,
    sense: hex(sense),
    dataIn: hex(data),
    elapsedNs: Number(end - begin),
  };
}
