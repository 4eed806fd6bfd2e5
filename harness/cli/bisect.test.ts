import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Flavour, KernelChoice } from '../kernels/index.js';
import { endsOf } from './bisect-ends.js';
import { isStep, statusFor, stepStatus } from './bisect-status.js';
import { conclusion, cutRoad } from './bisect-walk.js';
import { UsageError } from './errors.js';

const kernel = (version: string, packageVersion = `${version}-1`, suite = 'trixie'): KernelChoice => ({
  ...{ source: 'debian', spec: version, label: version, release: `${version}+deb13-cloud-amd64`, version },
  ...{ packageVersion, suite, flavour: 'cloud', archive: 'trixie', packages: [] },
});

const ALL = ['6.1.192', '6.12.43', '6.12.90', '6.12.117', '7.2.12'].map((version) => kernel(version));
const [OLD, A, B, C, NEW] = ALL as [KernelChoice, KernelChoice, KernelChoice, KernelChoice, KernelChoice];

describe('the kernels of a search', () => {
  test('lie strictly between the two ends', () => {
    assert.deepEqual(cutRoad(ALL, OLD, C), [OLD, A, B, C]);
    assert.deepEqual(cutRoad(ALL, A, B), [A, B]);
  });

  test('go from new to old when the good one is the newer', () => {
    assert.deepEqual(cutRoad(ALL, C, OLD), [C, B, A, OLD]);
  });

  test('leave out other builds of the versions at the ends', () => {
    const twin = kernel('6.12.90', '6.12.90-1~deb12', 'bookworm-backports');
    const all = [OLD, A, twin, B, C, NEW];
    assert.deepEqual(cutRoad(all, B, NEW), [B, C, NEW]);
    assert.deepEqual(cutRoad(all, OLD, B), [OLD, A, B]);
  });
});

describe('the ends of a search', () => {
  const CHOICES: Record<string, (flavour: Flavour) => KernelChoice> = {
    '6.1': (flavour) => ({ ...OLD, flavour }),
    '7.2': (flavour) => ({ ...NEW, flavour }),
    '6.1:generic': () => ({ ...OLD, flavour: 'generic' }),
    '7.2:generic': () => ({ ...NEW, flavour: 'generic' }),
    '7.2:rt': () => ({ ...NEW, flavour: 'rt' }),
    '7.2:cloud': () => ({ ...NEW, flavour: 'cloud' }),
    './linux': () => ({
      ...{ source: 'tree', spec: './linux', label: 'tree', release: '7.3.0-mine', version: '7.3.0' },
      ...{ packageVersion: null, suite: null, flavour: 'generic', directory: '/linux', layout: 'built' },
    }),
  };
  const ends = async (good: string, bad: string, flavour?: Flavour): Promise<string> => {
    const found = await endsOf({ good, bad, flavour }, (spec, one) => {
      const choice = CHOICES[spec];
      return Promise.resolve(choice === undefined ? [OLD, A] : [choice(one)]);
    });
    return `${found.from.version} ${found.from.flavour}, ${found.to.version} ${found.to.flavour}: ${found.flavour}`;
  };

  test('have the flavour that one of them names, and so have those between', async () => {
    assert.equal(await ends('6.1', '7.2'), '6.1.192 cloud, 7.2.12 cloud: cloud');
    assert.equal(await ends('6.1', '7.2', 'rt'), '6.1.192 rt, 7.2.12 rt: rt');
    for (const [good, bad] of [
      ['6.1:generic', '7.2'],
      ['6.1', '7.2:generic'],
      ['6.1:generic', '7.2:generic'],
    ] as const) {
      assert.equal(await ends(good, bad), '6.1.192 generic, 7.2.12 generic: generic');
    }
  });

  test('leave the flavour to the other one where somebody built a kernel', async () => {
    assert.equal(await ends('6.1', './linux'), '6.1.192 cloud, 7.3.0 generic: cloud');
    assert.equal(await ends('6.1:generic', './linux'), '6.1.192 generic, 7.3.0 generic: generic');
    assert.equal(await ends('6.1', './linux', 'rt'), '6.1.192 rt, 7.3.0 generic: rt');
  });

  test('are refused when they differ, with what to do', async () => {
    const refused = (message: RegExp, good: string, bad: string, flavour?: Flavour): Promise<void> =>
      assert.rejects(
        ends(good, bad, flavour),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    const differ =
      /--good 6\.1:generic is of flavour generic .* and --bad 7\.2:(rt|cloud) of flavour \1 .* --good 6\.1\.192:\1$/;
    await refused(differ, '6.1:generic', '7.2:rt');
    await refused(differ, '6.1:generic', '7.2:cloud');
    await refused(/\(--flavour rt is for names that do not say it\)$/, '6.1:generic', '7.2', 'rt');
    await refused(
      /are of flavour generic, and --flavour says rt; leave it out$/,
      '6.1:generic',
      '7.2:generic',
      'rt',
    );
    await refused(/are the same version, 7\.2\.12$/, '7.2', '7.2');
    await refused(/--bad 6\.\*: means 2 kernels, and one is needed: 6\.1\.192, 6\.12\.43$/, '6.1', '6.*');
  });
});

describe('what a search says at its end', () => {
  const judgements = new Map([
    [B, { reason: 'TRN-04: joined', again: 'again B' }],
    [A, { reason: 'it does not boot', again: '' }],
  ]);
  const texts = { what: 'TRN-04', out: '/out' };

  test('the first bad version and the last good one', () => {
    const lines = conclusion({ good: A, bad: B, unjudged: [] }, OLD, NEW, texts, judgements);
    assert.deepEqual(lines, [
      '',
      'first bad: 6.12.90 (trixie), last good: 6.12.43 (trixie)',
      '  reason   TRN-04: joined',
      '  again    again B',
      '  results  /out (TRN-04)',
    ]);
  });

  test('those that the first bad one may be, where some could not be judged', () => {
    const [, found, skipped] = conclusion({ good: OLD, bad: B, unjudged: [A] }, OLD, NEW, texts, judgements);
    assert.equal(found, 'first bad: one of 6.12.43 (trixie), 6.12.90 (trixie); last good: 6.1.192 (trixie)');
    assert.equal(skipped, '  skipped  6.12.43 (trixie): it does not boot');
  });

  test('the flavour of kernels that are not the usual ones', () => {
    const [good, bad] = [A, B].map((one) => ({ ...one, flavour: 'rt' as const }));
    assert.ok(good !== undefined && bad !== undefined);
    const [, found] = conclusion({ good, bad, unjudged: [] }, OLD, NEW, texts, judgements);
    assert.equal(found, 'first bad: 6.12.90 (trixie, rt), last good: 6.12.43 (trixie, rt)');
  });

  test('from new to old: where something bad ended', () => {
    const [, found] = conclusion({ good: C, bad: B, unjudged: [] }, NEW, OLD, texts, judgements);
    assert.equal(found, 'last bad: 6.12.90 (trixie), first good: 6.12.117 (trixie)');
  });
});

describe('the exit status of a step, for git bisect run', () => {
  const argv = (...words: string[]): string[] => ['node', 'main.js', ...words];

  test('bad usage and trouble of the host are never taken for a bad commit', () => {
    for (const status of [1, 2, 64, 69, 125, 127, 130]) {
      assert.ok(stepStatus(status) >= 128 && stepStatus(status) <= 255, String(status));
    }
    assert.equal(statusFor(64, argv('bisect', '--kernel', '.', '-g', 'NOPE')), 192);
    assert.equal(statusFor(69, argv('bisect', '--kernel=.')), 197);
    assert.equal(statusFor(130, argv('bisect', '--kernel', '.')), 130);
    assert.equal(statusFor(64, argv('bisect', '--kernle', '.')), 192);
  });

  test('a search of its own, and all other commands, end as they always do', () => {
    assert.equal(statusFor(64, argv('bisect', '--good', '6.1', '--bad', 'x')), 64);
    assert.equal(statusFor(69, argv('run', '-g', 'bisect')), 69);
    assert.equal(isStep(argv('bisect', '--help')), false);
  });
});
