/** Where a deliberately different daemon plugs in. */
import type { Dispatcher, EventSink } from './dispatch.js';
import type { InstanceFactory, InstanceRegistry } from './instances.js';

/** How a daemon differs from the reference; what is not given is the reference's own. */
export interface DaemonVariant {
  readonly createInstance?: InstanceFactory;
  readonly createRegistry?: (createInstance: InstanceFactory) => InstanceRegistry;
  readonly createDispatcher?: (instances: InstanceRegistry, log: EventSink) => Dispatcher;
}
