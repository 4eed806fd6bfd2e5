import { IscsiTarget, type IscsiTargetOptions } from '../target.js';
import type { Pair } from '../text.js';
import { TestInitiator } from './initiator.js';
import { ManualClock } from './manual-clock.js';
import { MemoryDevice } from './memory-device.js';

export const TARGET = 'iqn.2026-11.invalid.ulogcheck:t';
/** Whom tests log in as. */
export const INITIATOR = 'iqn.2026-11.invalid.ulogcheck:i';
export const WHO: readonly Pair[] = [
  ['InitiatorName', INITIATOR],
  ['TargetName', TARGET],
];
/** As most initiators log in. */
export const USUAL: readonly Pair[] = [
  ...WHO,
  ['InitialR2T', 'No'],
  ['ImmediateData', 'Yes'],
  ['MaxRecvDataSegmentLength', '262144'],
  ['MaxBurstLength', '1048576'],
  ['FirstBurstLength', '65536'],
];

/** A target on loopback with a disk in memory, and what belongs to it. */
export class Setting implements AsyncDisposable {
  private constructor(
    readonly target: IscsiTarget,
    readonly device: MemoryDevice,
    readonly clock: ManualClock,
  ) {}

  static async make(options: Partial<IscsiTargetOptions> = {}): Promise<Setting> {
    const device = new MemoryDevice(4096, 2);
    const clock = new ManualClock();
    const target = await IscsiTarget.listen({ name: TARGET, device, clock, ping: null, ...options });
    return new Setting(target, device, clock);
  }

  connect(): Promise<TestInitiator> {
    return TestInitiator.connect(this.target.address);
  }

  login(pairs: readonly Pair[] = USUAL): Promise<TestInitiator> {
    return TestInitiator.login(this.target.address, pairs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.target.close();
  }
}
