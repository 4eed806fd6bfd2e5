import { PUPPET_DAEMON } from '../history/index.js';
import type { ConformanceTest } from '../plan/definition.js';
import { PuppetHost } from '../puppet/index.js';
import { PUPPET_PORT, type RunEnvironment, type SubjectEnvironment } from './environment.js';
import type { Node } from './node.js';
import { PuppetLog, PuppetSubject } from './puppet-subject.js';
import { Subject, type SubjectJournal } from './subject.js';
import type { TestSubject } from './test-subject.js';

/** What decides who answers the kernel: the kernel's own tests say the same whatever daemon is under test. */
interface Choice {
  readonly test: Pick<ConformanceTest, 'underTest'>;
  readonly environment: Pick<RunEnvironment, 'plainRoot'>;
  readonly subject: SubjectEnvironment;
}

/** The daemon's name in histories and outcomes. */
export function daemonName({ test, subject }: Omit<Choice, 'environment'>): string {
  return test.underTest === 'kernel' ? PUPPET_DAEMON : subject.profile.name;
}

/** Root filesystem and layers of the node. */
export function filesOf({
  test,
  environment,
  subject,
}: Choice): Pick<SubjectEnvironment, 'rootImage' | 'layers'> {
  return test.underTest === 'kernel' ? { rootImage: environment.plainRoot, layers: [] } : subject;
}

/** The daemon under test, or the puppet; nothing is started yet. */
export async function makeSubject(
  { test, subject }: Omit<Choice, 'environment'>,
  node: Pick<Node, 'vm' | 'session'>,
  journal: SubjectJournal,
  logPath: string,
): Promise<{ readonly subject: TestSubject; readonly puppet?: PuppetHost }> {
  if (test.underTest === 'daemon') {
    return { subject: new Subject(subject.profile, node.session, journal, logPath) };
  }
  const log = new PuppetLog(logPath);
  const puppet = new PuppetHost(await node.vm.port(PUPPET_PORT), (line) => {
    log.line(line);
  });
  return { puppet, subject: new PuppetSubject(puppet, node.session, journal, log) };
}
