import { NO_DAEMON, PUPPET_DAEMON } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import { PuppetHost } from '../puppet/index.js';
import { type NodeSource, PUPPET_PORT, type RunEnvironment, type SubjectEnvironment } from './environment.js';
import type { Node } from './node.js';
import { PuppetLog, PuppetSubject } from './puppet-subject.js';
import type { Inhabitants } from './golden.js';
import { Subject, type SubjectJournal } from './subject.js';
import type { TestSubject } from './test-subject.js';

/** What decides who answers the kernel: the kernel's own tests say the same whatever daemon is under test. */
interface Choice {
  readonly test: Pick<ConformanceTest, 'underTest'>;
  readonly environment: Pick<RunEnvironment, 'plain'>;
  readonly subject: SubjectEnvironment;
}

/** The daemon's name in histories and outcomes. */
export function daemonName({ test, subject }: Omit<Choice, 'environment'>): string {
  switch (test.underTest) {
    case 'daemon':
      return subject.profile.name;
    case 'kernel':
      return PUPPET_DAEMON;
    case 'drive':
      return NO_DAEMON;
  }
}

/** What the node is made of. */
export function sourceOf({ test, environment, subject }: Choice): NodeSource {
  return test.underTest === 'daemon' ? subject : environment.plain;
}

/**
 * The daemon under test or the puppet, either of which may live in the node since before the snapshot; start comes first.
 * With a drive under test the puppet is never started, and nobody can ask for it.
 */
export async function makeSubject(
  { test, subject }: Omit<Choice, 'environment'>,
  node: Pick<Node, 'vm' | 'session'>,
  journal: SubjectJournal,
  logPath: string,
  { subject: daemon, relay }: Inhabitants = {},
): Promise<{ readonly subject: TestSubject; readonly puppet?: PuppetHost }> {
  if (test.underTest === 'daemon') {
    return { subject: new Subject(subject.profile, node.session, journal, logPath, daemon) };
  }
  const log = new PuppetLog(logPath);
  const puppet = new PuppetHost(await node.vm.port(PUPPET_PORT), (line) => {
    log.line(line);
  });
  const played = test.underTest === 'drive' ? {} : { puppet };
  return { ...played, subject: new PuppetSubject(puppet, node.session, journal, log, relay) };
}
