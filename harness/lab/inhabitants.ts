/** Who may live in a golden node when its snapshot is taken. */
import { join } from 'node:path';
import type { Profile } from '../../daemon-under-test/profiles/profile.js';
import type { JsonValue } from '../cache/index.js';
import type { Inhabitant } from './golden.js';
import { relayIdentity, startRelay } from './puppet-relay.js';
import { Subject } from './subject.js';

/** The daemon of a profile; where that does not allow snapshots of it, nobody. */
export function daemonInhabitant(profile: Profile): Inhabitant {
  return {
    name: profile.snapshot ? `${profile.name} running` : 'the recorder armed',
    identity: JSON.parse(
      JSON.stringify([profile.snapshot, profile.start, profile.ready, profile.logs]),
    ) as JsonValue,
    start: async (node, directory) => {
      if (!profile.snapshot) return {};
      const silent = { subject: () => Promise.resolve() };
      const daemon = new Subject(profile, node.session, silent, join(directory, 'daemon.log'));
      await daemon.start();
      await daemon.close();
      return { subject: daemon.leave() };
    },
  };
}

/** The puppet's half in the guest; the half on the host finds it running. */
export async function puppetInhabitant(): Promise<Inhabitant> {
  return {
    name: 'the puppet',
    identity: await relayIdentity(),
    start: async (node) => ({ relay: await startRelay(node.session) }),
  };
}
