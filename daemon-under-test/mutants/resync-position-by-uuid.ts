/** Breaks LUID-03: how far a resync has come is remembered for the UUID, so the new log of a swap goes on there. */
import { InstanceRegistry } from '../reference/instances.js';
import { LogInstance } from '../reference/log-instance.js';
import type { Mutation } from './mutant-main.js';

class PositionByUuid extends LogInstance {
  readonly #positions: Map<string, number>;

  constructor(positions: Map<string, number>, ...of: ConstructorParameters<typeof LogInstance>) {
    super(...of);
    this.#positions = positions;
  }

  override resume(): void {
    super.resume();
    this.memory.searchFrom = this.#positions.get(this.uuid) ?? 0;
  }

  override setRegionSync(region: number, inSync: boolean): void {
    super.setRegionSync(region, inSync);
    this.#positions.set(this.uuid, this.memory.searchFrom);
  }
}

export const mutation: Mutation = {
  createRegistry: (_createInstance, resources) => {
    const positions = new Map<string, number>();
    return new InstanceRegistry((...of) => new PositionByUuid(positions, ...of), resources);
  },
};
