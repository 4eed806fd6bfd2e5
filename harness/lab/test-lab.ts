import type { CommandResult, RunOptions } from '../guest/index.js';
import type { Puppet } from '../puppet/index.js';
import { InfraError } from '../vm/index.js';
import { Mirror } from './mirror.js';
import type { Node } from './node.js';
import type { Recording } from './recording.js';
import type { MirrorTable } from './table.js';
import type { TestSubject } from './test-subject.js';

/** What a test says about a mirror; everything has a default but the number of regions. */
export interface MirrorOptions extends Partial<Omit<MirrorTable, 'regions'>> {
  readonly regions: number;
  /** Device-mapper name; default `mirror`. */
  readonly name?: string;
}

/** What a test's `drive` holds: one node, the daemon in it, and verbs that leave everything in the history. */
export class TestLab {
  constructor(
    private readonly node: Node,
    private readonly recording: Recording,
    /** The daemon or the puppet; started already unless the test says `daemon: 'absent'`. */
    readonly subject: TestSubject,
    private readonly ownPuppet?: Puppet,
  ) {}

  /** The daemon whose answers the test decides; only where the kernel is under test. */
  get puppet(): Puppet {
    if (this.ownPuppet !== undefined) return this.ownPuppet;
    throw new InfraError(
      "lab.puppet: this test has a daemon under test. Set underTest: 'kernel' and daemon: 'puppet' to decide the answers.",
    );
  }

  /** Device nodes of the mirrors' legs in the guest. */
  get legs(): readonly string[] {
    return [this.node.disk(0), this.node.disk(1)];
  }

  /** Describes a mirror over the node's legs; nothing is created yet. */
  mirror(options: MirrorOptions): Mirror {
    const name = options.name ?? 'mirror';
    return new Mirror(this.recording, this.legs, name, {
      uuid: options.uuid ?? `ulogcheck-${name}`,
      regions: options.regions,
      regionSectors: options.regionSectors ?? 128,
      log: options.log ?? 'clustered-core',
      sync: options.sync ?? 'default',
      integratedFlush: options.integratedFlush ?? false,
      handleErrors: options.handleErrors ?? false,
    });
  }

  /** Fills a leg with bytes that no test writes, so that a region which no resync copied is seen afterwards. */
  async spoilLeg(index: number): Promise<void> {
    const leg = this.legs[index];
    if (leg === undefined) throw new InfraError(`the node has no leg ${index}`);
    const bytes = await this.node.session.succeed(
      `yes spoiled | dd of=${leg} bs=1M iflag=fullblock count=8 2>&1`,
    );
    this.recording.observe('image', 'leg-spoiled', { leg, dd: bytes.trim() });
  }

  /** Runs and records any other command in the node. */
  async run(argv: readonly string[] | string, options?: RunOptions): Promise<CommandResult> {
    return await this.recording.run(argv, options);
  }
}
