/** Unit attention conditions of a unit, one queue for each I_T nexus (SAM-5). */
import { SENSE_KEY, type Sense } from './sense.js';

const attention = (asc: number, ascq: number): Sense => ({ key: SENSE_KEY.unitAttention, asc, ascq });

/** The conditions that this device knows. */
export const ATTENTION = {
  powerOn: attention(0x29, 0x00),
  busDeviceReset: attention(0x29, 0x03),
  modeParametersChanged: attention(0x2a, 0x01),
  reservationsPreempted: attention(0x2a, 0x03),
  reservationsReleased: attention(0x2a, 0x04),
  registrationsPreempted: attention(0x2a, 0x05),
  capacityChanged: attention(0x2a, 0x09),
  inquiryDataChanged: attention(0x3f, 0x03),
  reportedLunsChanged: attention(0x3f, 0x0e),
} as const satisfies Record<string, Sense>;

/** A reset or power on makes older conditions pointless (SAM-5: it has precedence). */
const isReset = ({ asc }: Sense): boolean => asc === 0x29;

/** What each nexus of a unit has still to be told. */
export class UnitAttentions {
  readonly #pending = new Map<string, Sense[]>();

  /** The nexus of `port` came into being; it has no conditions. */
  began(port: string): void {
    this.#pending.set(port, []);
  }

  /** The nexus was lost, and its conditions with it. */
  ended(port: string): void {
    this.#pending.delete(port);
  }

  /** Nexuses that are there. */
  get ports(): Iterable<string> {
    return this.#pending.keys();
  }

  /** For one nexus; nothing if it is not there, and no condition twice. */
  establish(port: string, condition: Sense): void {
    const queue = this.#pending.get(port);
    if (queue === undefined) return;
    if (isReset(condition)) queue.length = 0;
    if (!queue.some(({ asc, ascq }) => asc === condition.asc && ascq === condition.ascq))
      queue.push(condition);
  }

  /** For all nexuses that are there, but not for `except`. */
  establishForAll(condition: Sense, except?: string): void {
    for (const port of this.#pending.keys()) if (port !== except) this.establish(port, condition);
  }

  /** The oldest condition, which is cleared with it (UA_INTLCK_CTRL is 0). */
  take(port: string): Sense | undefined {
    return this.#pending.get(port)?.shift();
  }

  /** The condition is over without having been reported. */
  clear(port: string, condition: Sense): void {
    const queue = this.#pending.get(port);
    const index = queue?.findIndex(({ asc, ascq }) => asc === condition.asc && ascq === condition.ascq) ?? -1;
    if (index >= 0) queue?.splice(index, 1);
  }
}
