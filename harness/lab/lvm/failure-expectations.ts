/** What a history must show after a failure in the middle of a change of LVM's. */
import { type Exchange, type History, isReconnect } from '../../history/index.js';
import { lvmCommands } from '../../history/lvm.js';
import { rebuilds, recoveredBy } from '../../history/life-queries.js';
import { marksAtPowerCut } from '../../history/marks-at-power-cut.js';
import { powerCuts } from '../../history/power-cuts.js';
import { ESRCH, requestsFailed } from '../../history/queries.js';
import { traps } from '../../history/traps.js';
import type { Check } from '../../plan/definition.js';
import { LISTED } from './volume-group.js';

/** Requests that the kernel makes once; all others it makes again when the log has been rebuilt (spec 2.6). */
const ONE_SHOT: readonly Exchange['name'][] = [
  ...(['CTR', 'GET_REGION_SIZE', 'RESUME', 'PRESUSPEND', 'POSTSUSPEND', 'DTR'] as const),
];

/** Whatever the failure: the change came to its end, and LVM's metadata is consistent. */
export function expectChanged(
  history: History,
  check: Check,
  { command, volumes }: { readonly command: string; readonly volumes: readonly string[] },
): void {
  const runs = lvmCommands(history, command).filter(({ outcome }) => outcome !== 'power-cut');
  const ended = runs.every(({ outcome }) => outcome === 'exited') && (runs.at(-1)?.status ?? 0) === 0;
  const cut = powerCuts(history).length > 0;
  check(ended && (cut || runs.length > 0), {
    expected: `each ${command} ends, the last one with status 0`,
    seen: runs.map(({ status, outcome }) => `${outcome} ${String(status)}`).join(', ') || 'none ended',
    events: [...runs, ...traps(history).flatMap(({ sprung }) => sprung ?? [])],
  });
  const checks = lvmCommands(history, 'vgck');
  check(
    checks.every(({ status }) => status === 0),
    {
      expected: 'vgck finds nothing',
      seen: checks.map(({ status, stderr }) => `${String(status)} ${stderr.trim()}`).join('; '),
      events: checks,
    },
  );
  for (const list of lvmCommands(history, 'lvs').filter(({ argv }) => argv.includes(LISTED))) {
    const lines = list.stdout.split('\n').flatMap((line) => {
      const [name = '', attributes = '', size = ''] = line.trim().split('|');
      return name === '' ? [] : [`${name} ${attributes} ${size}`];
    });
    check(list.status === 0 && lines.join('\n') === volumes.join('\n'), {
      expected: volumes.join(', '),
      seen: `${lines.join(', ')} (status ${String(list.status)})`,
      events: [list],
    });
  }
}

/** The daemon was killed and started again: the kernel rebuilds the logs, and goes on where it was. */
export function expectAfterKill(history: History, check: Check): void {
  const failed = requestsFailed(history.exchanges()).filter(
    ({ name, result }) => !ONE_SHOT.includes(name) && result !== -ESRCH,
  );
  check(failed.length === 0, {
    expected: 'no request for I/O or for the resync fails, but for the want of a daemon that knows the log',
    seen: failed.map(({ name, result }) => `${String(name)} ${String(result)}`).join(', '),
    events: failed.flatMap((exchange) => exchange.events()),
  });
  const refused = rebuilds(history).filter(
    ({ ctr, resume }) => ctr.result === 0 && resume?.answer !== undefined && resume.result !== 0,
  );
  check(refused.length === 0, {
    expected: 'the RESUME of a log that was rebuilt succeeds: the request that waits for it fails otherwise',
    seen: refused.map(({ resume }) => String(resume?.result)).join(', '),
    events: refused.flatMap(({ events }) => events),
  });
}

/** The daemon stood still for more than 15 s: what was sent twice is answered, and nothing else was lost. */
export function expectAfterFreeze(history: History, check: Check): void {
  // The first of two DTRs has destroyed the log.
  const failed = requestsFailed(history.exchanges()).filter(
    ({ name, transmissions }) => name !== 'DTR' || transmissions.length < 2,
  );
  check(failed.length === 0, {
    expected: 'no request fails, but a DTR that was sent twice may be refused',
    seen: failed.map(({ name, result }) => `${String(name)} ${String(result)}`).join(', '),
    events: failed.flatMap((exchange) => exchange.events()),
  });
  const rebuilds = history.exchanges('CTR').filter(isReconnect);
  check(rebuilds.length === 0, {
    expected: 'no log is built anew',
    seen: `${rebuilds.length} rebuilds`,
    events: rebuilds.flatMap((exchange) => exchange.events()),
  });
  const thawed = history.subjectEvents().findLast(({ action }) => action === 'thawed');
  const late = (traps(history).at(-1)?.by?.transmissions ?? []).filter(
    (sent) => thawed !== undefined && history.place(sent) > history.place(thawed),
  );
  check(late.length === 0, {
    expected: 'the request at which the daemon froze is answered when it goes on',
    seen: 'the kernel had to send it once more',
    events: late,
  });
}

/** The power was cut: what was marked then is copied on the fresh node. */
export function expectAfterCut(history: History, check: Check): void {
  for (const cut of powerCuts(history)) {
    const copied = new Set(
      history
        .instances()
        .filter(({ node }) => node !== cut.node)
        .flatMap((log) => recoveredBy(log).map(({ region }) => `${log.uuid} ${region}`)),
    );
    for (const { uuid, region, mark } of marksAtPowerCut(history, cut)) {
      check(copied.has(`${uuid} ${region}`), {
        expected: `region ${region}, which was marked when the power went, is copied on the fresh node`,
        seen: 'it is not',
        events: mark.events(),
      });
    }
  }
}
