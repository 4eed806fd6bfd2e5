/** Where a deliberately different daemon plugs in. */
import type { Dispatcher } from './dispatch.js';
import type { DiskLogFactory } from './disk-log.js';
import type { EventSink } from './event.js';
import type { InstanceFactory, InstanceRegistry } from './instances.js';
import type { ResourceProvider } from './resources.js';

/** How a daemon differs from the reference; what is not given is the reference's own. */
export interface DaemonVariant {
  readonly createInstance?: InstanceFactory;
  readonly createRegistry?: (
    createInstance: InstanceFactory,
    resources: ResourceProvider,
  ) => InstanceRegistry;
  readonly createDiskLog?: DiskLogFactory;
  readonly createDispatcher?: (instances: InstanceRegistry, log: EventSink) => Dispatcher;
}
