/**
 * Who may import whom (docs/architecture.md). Checked by `npm test`.
 *
 * The table names, for each part, what else of ours it may import; a part may always import itself. A part that is
 * not in the table may import nothing of ours and fails the check as soon as it does: add it here on purpose. Unit
 * tests may bring parts together that must not know of each other, except for the two whose independence is what
 * their agreement is worth: the oracle and the reference daemon.
 */

/** Where the package lies. */
const ROOT = ['harness/setup/root.mjs'];
/** Owned processes, packages, the package's root, progress lines: for what runs on the host. */
const BASICS = ['harness/setup', 'harness/progress.ts'];

const MAY_IMPORT = {
  'harness/progress.ts': [],
  'harness/deadline-clock.ts': [],
  'harness/setup': ['harness/progress.ts', 'harness/cache'],
  'harness/cache': BASICS,
  // Which entries an archive carries is said by who writes it.
  'harness/archive': [...BASICS, 'harness/cache'],
  // The nearest words are found as for tests.
  'harness/kernels': [...BASICS, 'harness/cache', 'harness/plan/closest.ts'],
  'vm-images': [...BASICS, 'harness/cache', 'harness/kernels'],
  // The wire format is pure functions: the kernel's header in TypeScript.
  'harness/ulog': [],
  // Reads what programs print; pure.
  'harness/tap': [],
  // What a kernel says about itself on its console: pure functions from lines to findings.
  'harness/kernel-log': [],
  'harness/history': ['harness/ulog', 'harness/kernel-log'],
  // Judges, and knows nothing of how a history came about. Never the reference daemon: they check each other.
  'harness/oracle': ['harness/ulog', 'harness/history'],
  'daemon-under-test/reference': ['harness/ulog'],
  'daemon-under-test/mutants': ['harness/ulog', 'daemon-under-test/reference'],
  'daemon-under-test/profiles': [...ROOT, 'daemon-under-test/mutants'],
  // A VM knows nothing of labs, tests or subjects.
  'harness/vm': [...BASICS, 'harness/deadline-clock.ts', 'harness/cache', 'harness/kernel-log'],
  'harness/guest': ['harness/deadline-clock.ts'],
  // The far end of a node's network cable knows nothing of nodes.
  'harness/network': ['harness/deadline-clock.ts'],
  // Emulated disks know nothing of VMs, labs or tests; what a command means knows nothing of how it came.
  'harness/disks': [...BASICS, 'harness/deadline-clock.ts'],
  'harness/disks/scsi': [],
  'harness/disks/iscsi': ['harness/disks/scsi'],
  // Others' tests of targets against ours.
  'harness/disks/suite': [...BASICS, 'harness/cache', 'harness/disks/iscsi', 'harness/disks/scsi'],
  'harness/disks/idm': ['harness/disks/scsi'],
  // Answers as the oracle's model of a log says, and never as the reference daemon does.
  'harness/puppet': [
    'harness/ulog',
    'harness/oracle',
    'harness/deadline-clock.ts',
    'harness/vm/deadline.ts',
    'harness/vm/errors.ts',
  ],
  'harness/recorder': ['harness/deadline-clock.ts', 'harness/ulog', 'harness/history'],
  // Searches among kernels by their results; runs nothing itself.
  'harness/bisect': ['harness/results'],
  'harness/lab': [
    ...BASICS,
    'harness/cache',
    'harness/kernels',
    'harness/vm',
    'harness/guest',
    'harness/network',
    'harness/disks',
    'harness/ulog',
    'harness/recorder',
    'harness/puppet',
    'harness/ulog',
    'harness/history',
    'harness/kernel-log',
    'harness/results',
    'harness/plan',
    'harness/tap',
    'daemon-under-test/profiles',
    'vm-images',
  ],
  'harness/results': [
    'harness/history',
    'harness/kernel-log',
    'harness/oracle',
    'harness/plan',
    'harness/tap',
    'harness/setup/make-directory.ts',
    'conformance/requirements',
  ],
  // What there is to run; the verdicts on it come later and are not known here.
  'harness/plan': [
    ...ROOT,
    'harness/history',
    'harness/tap',
    'harness/kernel-log',
    'conformance/requirements',
    'conformance/history-mutants',
    'daemon-under-test/mutants',
    // What broken drives there are; how they are broken is none of its business.
    'harness/disks/idm/mutants',
  ],
  'harness/fixtures.ts': ['harness'],
  // A test sees the domain's verbs and nothing of how they are done.
  conformance: ['harness/fixtures.ts'],
  'conformance/requirements': ROOT,
  // Edits of histories, as a broken kernel would have made them.
  'conformance/history-mutants': ['harness/history', 'harness/ulog'],
  reports: ['harness/results', 'harness/plan/run-plan.ts', 'harness/plan/kernel-choice.ts'],
  'harness/cli': [
    'harness',
    'conformance/requirements',
    'daemon-under-test/profiles',
    'reports',
    'vm-images',
  ],
  'playwright.config.ts': ['harness'],
};

const OURS = '^(harness|conformance|daemon-under-test|reports|vm-images|playwright\\.config\\.ts)';
const TESTS = '\\.test\\.ts$';

/** A regular expression for a part: a folder with all in it, or a file. */
const within = (part) => `^${part.replaceAll('.', '\\.')}${/\.m?[jt]s$/.test(part) ? '$' : '/'}`;
/** Parts inside this one with a line of their own in the table. */
const nested = (part) => Object.keys(MAY_IMPORT).filter((other) => other.startsWith(`${part}/`));

const partRules = Object.entries(MAY_IMPORT).map(([part, others]) => ({
  name: `${part} imports what it may not`,
  comment:
    others.length === 0 ? 'It may import nothing of ours.' : `Of ours it may import: ${others.join(', ')}.`,
  severity: 'error',
  from: { path: within(part), pathNot: [...nested(part).map(within), TESTS] },
  to: { path: OURS, pathNot: [part, ...others].map(within) },
}));

module.exports = {
  forbidden: [
    ...partRules,
    {
      name: 'the oracle does not depend on what it judges, over no detour',
      severity: 'error',
      from: { path: '^harness/oracle/' },
      to: { path: '^daemon-under-test/', reachable: true },
    },
    {
      name: 'the puppet does not depend on the reference daemon, over no detour',
      severity: 'error',
      from: { path: '^harness/puppet/' },
      to: { path: '^daemon-under-test/', reachable: true },
    },
    {
      name: 'the oracle does not depend on the drives that it judges, over no detour',
      severity: 'error',
      from: { path: '^harness/oracle/' },
      to: { path: '^harness/disks/', reachable: true },
    },
    {
      name: 'the reference daemon does not depend on its judge, over no detour',
      severity: 'error',
      from: { path: '^daemon-under-test/reference/' },
      to: { path: '^harness/(oracle|history|results|recorder)/', reachable: true },
    },
    {
      name: 'a part that is not in the table of .dependency-cruiser.cjs imports nothing of ours',
      severity: 'error',
      from: { path: OURS, pathNot: [...Object.keys(MAY_IMPORT).map(within), TESTS] },
      to: { path: OURS },
    },
    {
      name: 'set-up code uses Node built-ins only, because it runs before npm ci',
      severity: 'error',
      from: { path: '^harness/setup/.*\\.mjs$' },
      to: { dependencyTypesNot: ['core', 'local'] },
    },
    {
      name: 'set-up code does not import compiled code, because it runs before tsc',
      severity: 'error',
      from: { path: '^harness/setup/.*\\.mjs$' },
      to: { path: '\\.ts$' },
    },
    {
      name: 'nothing imports a unit test',
      severity: 'error',
      from: { path: OURS },
      to: { path: TESTS },
    },
    {
      name: 'no import in a circle',
      severity: 'error',
      from: { path: OURS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|reports/out)/' },
    tsPreCompilationDeps: 'specify', // sees `import type` as well, and tells it apart
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
