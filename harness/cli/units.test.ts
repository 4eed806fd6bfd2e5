/** Unit tests of the small parts of the command line. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from 'commander';
import type { CacheUsage } from '../cache/index.js';
import { KernelError, UnknownKernelError } from '../kernels/index.js';
import { KernelSpecError } from '../kernels/spec.js';
import {
  sampleCatalogue,
  sampleDaemonMutant,
  sampleHistoryMutant,
  sampleRequirement,
  sampleTest,
} from '../plan/sample-suite.js';
import { sources } from '../setup/build.mjs';
import { runOwned } from '../setup/owned.mjs';
import { projectRoot } from '../setup/root.mjs';
import type { MutantResult } from '../results/model.js';
import { styleOf } from '../../reports/style.js';
import { againOf } from './again.js';
import { bytesText, renderClean } from './clean.js';
import { diagnose, renderDiagnoses } from './doctor.js';
import { InterruptedError, UsageError, explainError } from './errors.js';
import { Interruption } from './interruption.js';
import { mutantsStatus } from './mutants.js';
import { age, oneOf, wholeNumber } from './options.js';
import { planMutants } from './plan-mutants.js';
import { progressPrinter } from './progress-printer.js';

const plain = styleOf({}, {});

describe('option values', () => {
  const refused = (parse: () => unknown, message: string): void => {
    assert.throws(parse, new InvalidArgumentError(message));
  };

  it('one of a few words', () => {
    const tier = oneOf(['quick', 'full']);
    assert.equal(tier('full'), 'full');
    refused(() => tier('ful'), 'Did you mean full? It is quick or full.');
    refused(() => tier('x'), 'It is quick or full.');
  });

  it('whole numbers', () => {
    const workers = wholeNumber(1, 'the number of tests at a time');
    assert.equal(workers('12'), 12);
    for (const wrong of ['0', '-1', '1.5', 'two', '', '99999999999999999999']) {
      refused(() => workers(wrong), 'It is the number of tests at a time: a whole number from 1 on.');
    }
  });

  it('ages', () => {
    assert.deepEqual(
      ['30m', '12h', '7d', '2w'].map(age),
      [1_800_000, 43_200_000, 604_800_000, 1_209_600_000],
    );
    refused(() => age('7'), 'It is a number and m, h, d or w, such as 12h or 7d.');
  });
});

describe('progress', () => {
  const printed = (isTTY: boolean): string => {
    let text = '';
    const sink = progressPrinter({ isTTY, write: (chunk) => (text += chunk) }, plain);
    sink({ kind: 'begin', stage: 'fetch', what: 'kernel' });
    sink({ kind: 'end', stage: 'fetch', what: 'kernel', ms: 4120, detail: '12 MB' });
    sink({ kind: 'begin', stage: 'build', what: 'image' });
    sink({ kind: 'begin', stage: 'build', what: 'layer' });
    sink({ kind: 'end', stage: 'build', what: 'image', ms: 90 });
    return text;
  };

  it('has a line for begin and end in a log', () => {
    assert.equal(
      printed(false),
      'fetch  kernel …\nfetch  kernel: 12 MB (4.1 s)\nbuild  image …\nbuild  layer …\nbuild  image (90 ms)\n',
    );
  });

  it('replaces the line of a step on a terminal, unless another began meanwhile', () => {
    assert.equal(
      printed(true),
      'fetch  kernel …\r\u001b[Kfetch  kernel: 12 MB (4.1 s)\nbuild  image …\nbuild  layer …\nbuild  image (90 ms)\n',
    );
  });
});

describe('errors', () => {
  it('are bad usage, trouble of the host, or our own defects', () => {
    assert.deepEqual(explainError(new UsageError('no')), { text: 'no', status: 64 });
    assert.deepEqual(explainError(new InterruptedError('stop')), { text: 'stop', status: 130 });
    const cache = Object.assign(new Error('full'), { name: 'CacheError' });
    assert.deepEqual(explainError(cache), { text: 'full', status: 69 });
    const { text, status } = explainError(new TypeError('x is undefined'));
    assert.equal(status, 69);
    assert.match(text, /^a defect of ulogcheck: TypeError: x is undefined\n {4}at /);
  });

  it('of ours that can end a command are not taken for defects', () => {
    // Caught where they are thrown, or a matter of one test, whose outcome tells of them.
    const inner = [
      ...['Lz4Error', 'PlanError', 'StatusSyntaxError', 'TraceFormatError'],
      // A session of iSCSI, or a command of a disk, that is refused.
      ...['ChapError', 'FrameError', 'NegotiationError', 'Refusal', 'TextError', 'SgRefused'],
      // Of `npm run disk-suite`, which is a program of its own.
      'PeerError',
      ...[
        'NodeLost',
        'NotApplicable',
        'PowerCut',
        'RecorderStreamError',
        'RequestsMissing',
        'TooMuchOutput',
        'TrafficMissing',
      ],
    ];
    const names = sources()
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .flatMap((path) => [
        ...readFileSync(join(projectRoot, path), 'utf8').matchAll(
          /override (?:readonly )?name(?:: string)? = '(\w+)'/g,
        ),
      ])
      .map(([, name = '']) => name);
    assert.ok(names.includes('KernelSpecError') && names.includes('InfraError'), names.join());
    const defects = names.filter((name) =>
      explainError(Object.assign(new Error('x'), { name })).text.startsWith('a defect'),
    );
    assert.deepEqual([...new Set(defects)].sort(), inner.sort());
  });
});

describe('a kernel', () => {
  it('that nobody knows is bad usage; one whose packages do not boot is trouble of the host', () => {
    assert.equal(explainError(new UnknownKernelError('unknown')).status, 64);
    assert.deepEqual(explainError(new KernelSpecError('no name')), { text: 'no name', status: 64 });
    assert.deepEqual(explainError(new KernelError('no modules')), { text: 'no modules', status: 69 });
  });
});

describe('an error that nobody caught', () => {
  const endOf = async (statement: string): Promise<{ status: number; stderr: string }> => {
    const script = `
      const { exitOnUncaught } = await import(${JSON.stringify(new URL('./last-resort.js', import.meta.url).href)});
      exitOnUncaught();
      ${statement}`;
    const { status, stderr } = await runOwned([process.execPath, '--input-type=module', '-e', script], {
      allow: 'any',
      deadlineMs: 30_000,
    });
    return { status, stderr };
  };

  it('is printed and ends the process with 69, thrown or rejected', async () => {
    const expected = /^ulogcheck: a defect of ulogcheck: TypeError: lost\n {4}at /;
    for (const statement of [
      "setImmediate(() => { throw new TypeError('lost'); });",
      "void Promise.reject(new TypeError('lost')); setInterval(() => {}, 1000);",
    ]) {
      const { status, stderr } = await endOf(statement);
      assert.equal(status, 69);
      assert.match(stderr, expected);
    }
  });
});

describe('the way to run a test again', () => {
  const catalogue = sampleCatalogue(...['LUID-01', 'LUID-02', 'SYNC-01'].map((id) => sampleRequirement(id)));
  const tests = [
    sampleTest({ title: 'alone', ids: ['LUID-01', 'SYNC-01'] }),
    sampleTest({ title: 'one of two', ids: ['LUID-02'] }),
    sampleTest({ title: 'two of two', ids: ['LUID-02'] }),
  ];

  it('is by ids, by the title where these select more', () => {
    const { patterns } = againOf('quick', { catalogue, tests });
    assert.deepEqual(patterns('alone'), ['LUID-01', 'SYNC-01']);
    assert.deepEqual(patterns('one of two'), ['one of two']);
    assert.deepEqual(patterns('unheard of'), ['unheard of']);
  });

  it('starts from the sources, or from the installed package', () => {
    assert.deepEqual(againOf('quick', { catalogue, tests }, true).command, ['npm', 'start', '--']);
    assert.deepEqual(againOf('quick', { catalogue, tests }, false).command, ['npx', 'ulogcheck', 'run']);
  });
});

describe('an interruption', () => {
  it('ends what waits, and tells those who asked', async () => {
    using interruption = new Interruption();
    let told = 0;
    interruption.onRequest(() => (told += 1));
    const waiting = interruption.during('set-up', new Promise<never>(() => undefined));
    process.emit('SIGINT');
    await assert.rejects(waiting, new InterruptedError('interrupted during set-up'));
    assert.deepEqual([told, interruption.requested], [1, true]);
    await assert.rejects(
      interruption.during('more', Promise.resolve()),
      new InterruptedError('interrupted during more'),
    );
  });

  it('lets finished work through', async () => {
    using interruption = new Interruption();
    assert.equal(await interruption.during('set-up', Promise.resolve(7)), 7);
  });
});

describe('doctor', () => {
  it('shows each check, with a remedy for a problem', async () => {
    const diagnoses = await diagnose([
      { name: 'Node', look: () => Promise.resolve({ found: 'v20' }) },
      { name: 'disk space', look: () => Promise.resolve({ found: '1 GB', remedy: 'clean' }) },
      { name: 'mirror', look: () => Promise.reject(new Error('none is configured; set ULOGCHECK_MIRROR')) },
    ]);
    assert.equal(
      renderDiagnoses(diagnoses, plain),
      [
        'ok      Node            v20',
        'problem disk space      1 GB',
        '                        remedy: clean',
        'problem mirror          none is configured; set ULOGCHECK_MIRROR',
        '                        remedy: see the text above; it says what is missing',
        '',
        '2 of 3 checks found a problem',
        '',
      ].join('\n'),
    );
    assert.match(renderDiagnoses(diagnoses.slice(0, 1), plain), /\n\nnothing is in the way of a run\n$/);
  });
});

describe('clean', () => {
  it('says what went and what is left', () => {
    const entry = (kind: string, bytes: number): CacheUsage => ({
      kind,
      key: 'k',
      path: '/c',
      bytes,
      lastUsed: new Date(0),
      inputs: null,
    });
    assert.equal(
      renderClean('/cache', { gone: [entry('kernel', 2e6)], inUse: [entry('layer', 5e6)] }, [
        entry('root', 1.25e9),
        entry('kernel', 3e6),
        entry('root', 4e3),
      ]),
      'cache    /cache\nremoved  1 entries, 2 MB\n' +
        'in use   1 entries, 5 MB: a run in progress needs them, so they stay\nleft     3 entries, 1.3 GB\n' +
        '  kernel       1 entries, 3 MB\n  root         2 entries, 1.3 GB\n',
    );
    assert.deepEqual([340e6, 12e3].map(bytesText), ['340 MB', '12 kB']);
  });
});

describe('planning mutants', () => {
  const smoke = sampleTest({ title: 'smoke: a plain mirror works', mutants: ['other'] });
  const named = sampleTest({ title: 'named', mutants: ['broken', 'edited'] });
  const tests = [smoke, named, sampleTest({ title: 'unrelated', mutants: ['other'] })];
  const chosen = [sampleDaemonMutant('broken', 'LUID-01'), sampleHistoryMutant('edited', 'LUID-01')];

  it('runs the unbroken daemon once, and each broken one with its tests and the smoke test', () => {
    // One of the kernel meets no broken daemon, so that once is enough.
    const kernel = sampleTest({
      title: 'kernel',
      underTest: 'kernel',
      daemon: 'puppet',
      mutants: ['broken'],
    });
    const runs = planMutants(chosen, [...tests, kernel], '/out', '6.12').map(
      ({ project, daemon, mutant, directory, tests: planned }) => [
        project,
        daemon,
        mutant,
        directory,
        planned.map(({ title }) => title),
      ],
    );
    const both = [smoke.title, named.title];
    assert.deepEqual(runs, [
      ['unbroken', 'reference', null, '/out/runs/unbroken', [...both, kernel.title]],
      ['mutant-broken', 'mutant-broken', 'broken', '/out/runs/mutant-broken', both],
    ]);
  });

  it('runs a broken drive with its own tests only, beside good drives, and no mirror', () => {
    const drive = { underTest: 'drive', daemon: 'absent', mutants: ['two-holders'] } as const;
    const ofDrives = sampleTest({ title: 'drives', ...drive });
    const mutant = { kind: 'drive', name: 'two-holders', breaks: 'IDM-24', description: '' } as const;
    assert.deepEqual(
      planMutants([mutant], [...tests, ofDrives], '/out', '6.12').map((run) => [
        ...[run.project, run.daemon, run.mutant, run.drives],
        run.tests.map(({ title }) => title),
      ]),
      [
        ['unbroken', 'reference', null, undefined, ['drives']],
        ['mutant-two-holders', 'reference', 'two-holders', 'two-holders', ['drives']],
      ],
    );
  });

  it('ends as the worst mutant did', () => {
    const status = (...verdicts: MutantResult['verdict'][]): number =>
      mutantsStatus(
        {
          schemaVersion: 2,
          mutants: verdicts.map((verdict) => ({
            ...{ name: 'm', kind: 'daemon', breaks: 'LUID-01', reason: '', killedBy: null, durationMs: 0 },
            verdict,
            kind: 'daemon',
          })),
        },
        false,
        [],
      );
    assert.deepEqual(
      [
        status('killed'),
        status('killed', 'survived'),
        status('weak'),
        status('infra', 'survived'),
        status(),
        status('notApplicable'),
      ],
      [0, 1, 1, 69, 69, 69],
    );
    assert.equal(mutantsStatus({ schemaVersion: 2, mutants: [] }, true, []), 130);
    assert.equal(mutantsStatus({ schemaVersion: 2, mutants: [] }, false, ['x']), 69);
  });
});
