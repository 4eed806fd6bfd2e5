import type { Command } from 'commander';
import type { Requirement } from '../../conformance/requirements/catalogue.js';
import { labelled, styleOf, type Style } from '../../reports/style.js';
import { didYouMean } from '../plan/closest.js';
import type { ConformanceTest } from '../plan/definition.js';
import { knownMutants, type MutantInfo } from '../plan/mutants.js';
import { UsageError } from './errors.js';
import { loadSuite } from './suite.js';

const LABEL = 10;

const WHAT_LEVELS_MEAN: Readonly<Record<Requirement['level'], string>> = {
  MUST: 'MUST: a failure fails the run',
  SHOULD: 'SHOULD: reported, and never changes the exit status',
  QUIRK: 'QUIRK: present behaviour of kernels; one that differs has changed, not failed',
};

const PROFILE_MEANS =
  'profile: inferred, or a choice where sources are silent; one that differs has another profile';

const WHAT_MUTANTS_ARE: Readonly<Record<MutantInfo['kind'], string>> = {
  daemon: 'a broken daemon',
  drive: 'a broken drive',
  history: 'an edited history',
};

/** Everything that is known about one requirement, for people. */
function renderRequirement(
  requirement: Requirement,
  tests: readonly ConformanceTest[],
  mutants: readonly MutantInfo[],
  style: Style,
): string {
  const { colors } = style;
  const lines = [colors.bold(requirement.id)];
  const put = (label: string, text: string): void => {
    lines.push(...labelled(label, text, LABEL, style));
  };
  put('sentence', requirement.sentence);
  put('level', WHAT_LEVELS_MEAN[requirement.level]);
  if (requirement.basis === 'profile') put('basis', PROFILE_MEANS);
  put(
    'subject',
    requirement.subject === 'both' ? 'daemon and kernel together' : `the ${requirement.subject}`,
  );
  put('source', requirement.source);
  put('evidence', requirement.evidence.join(', '));
  put('defined', `${requirement.file}:${requirement.line}`);
  const defect = requirement.knownDefect;
  if (defect !== undefined) put('known', `kernels ${defect.kernels}: ${defect.finding}`);
  const own = tests.filter(({ ids }) => ids.includes(requirement.id));
  if (own.length === 0) put('tests', 'none yet');
  for (const { title, file, tier, underTest } of own) {
    put('test', title);
    put('', colors.dim(`${file}, ${tier} tier, ${underTest} under test`));
  }
  const named = new Set(own.flatMap((test) => test.mutants));
  for (const { name, kind, breaks, description } of mutants.filter(
    (mutant) =>
      [mutant.breaks, ...(mutant.alsoBreaks ?? [])].includes(requirement.id) || named.has(mutant.name),
  )) {
    put('mutant', `${name} (${WHAT_MUTANTS_ARE[kind]}, breaks ${breaks})`);
    put('', colors.dim(description));
  }
  return `${lines.join('\n')}\n`;
}

/** Defines `ulogcheck explain`. */
export function addExplain(program: Command, finish: (status: number) => void): void {
  program
    .command('explain <id>')
    .description('tell what a requirement says, where it comes from, and what tests it')
    .action(async (id: string) => {
      const { catalogue, tests } = await loadSuite();
      const requirement = catalogue.byId.get(id);
      if (requirement === undefined) {
        const hint = didYouMean(id, catalogue.byId.keys());
        throw new UsageError(
          `${id} is not in the catalogue.${hint} See \`ulogcheck run --list\` for what is tested.`,
        );
      }
      process.stdout.write(renderRequirement(requirement, tests, knownMutants(), styleOf(process.stdout)));
      finish(0);
    });
}
