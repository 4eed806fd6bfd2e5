/** The file of a baseline: YAML, one line for each requirement (docs/baselines.md). */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { TIERS, type Tier } from '../plan/definition.js';
import { LVMS } from '../plan/lvm.js';
import {
  BaselineError,
  compareKernelKeys,
  EXPECTATIONS,
  KERNEL_EXPECTATIONS,
  type Baseline,
  type BaselineSection,
  type Expectation,
  type KernelExpectation,
} from './baseline.js';

const SCHEMA_VERSION = 1;

const HEAD = `# Expected results: \`ulogcheck run --expect FILE\` compares, \`--write-expect FILE\` records (docs/baselines.md).
# A verdict alone holds on all kernels of its tier; A..B is every kernel of the list from A to B, ..B from the first on.
`;

const collator = new Intl.Collator('en', { numeric: true });

/** The kernels of the list, in order, as `A..B` and single ones, separated by blanks. */
function rangesOf(wanted: ReadonlySet<string>, kernels: readonly string[]): string {
  const ranges: string[] = [];
  let from = 0;
  while (from < kernels.length) {
    if (!wanted.has(kernels[from] ?? '')) {
      from += 1;
      continue;
    }
    let to = from;
    while (wanted.has(kernels[to + 1] ?? '')) to += 1;
    const [first = '', last = ''] = [kernels[from], kernels[to]];
    // An open end lets a kernel be added before or behind without a change of this line.
    if (from === 0) ranges.push(`..${last}`);
    else if (to === kernels.length - 1) ranges.push(`${first}..`);
    else ranges.push(from === to ? first : `${first}..${last}`);
    from = to + 1;
  }
  return ranges.join(' ');
}

function requirementLine(
  id: string,
  expected: ReadonlyMap<string, Expectation>,
  kernels: readonly string[],
): string {
  const verdicts = EXPECTATIONS.filter((verdict) => [...expected.values()].includes(verdict));
  const [only] = verdicts;
  if (verdicts.length === 1 && only !== undefined && kernels.every((kernel) => expected.has(kernel)))
    return `    ${id}: ${only}`;
  const parts = verdicts.map((verdict) => {
    const there = new Set(kernels.filter((kernel) => expected.get(kernel) === verdict));
    return `${verdict}: ${rangesOf(there, kernels)}`;
  });
  return `    ${id}: { ${parts.join(', ')} }`;
}

function sectionLines(tier: Tier, { kernels, requirements }: BaselineSection): string[] {
  const keys = [...kernels.keys()].sort(compareKernelKeys);
  const tested = keys.filter((key) => kernels.get(key) === 'tested');
  return [
    `${tier}:`,
    '  kernels:',
    ...keys.map((key) => `    ${key}: ${kernels.get(key) ?? 'tested'}`),
    requirements.size === 0 ? '  requirements: {}' : '  requirements:',
    ...[...requirements]
      .sort(([a], [b]) => collator.compare(a, b))
      .map(([id, expected]) => requirementLine(id, expected, tested)),
  ];
}

/** A baseline as its file; the same baseline always gives the same text. */
export function renderBaseline({ daemon, userland, lvm, sections }: Baseline): string {
  const lines = [
    `schemaVersion: ${SCHEMA_VERSION}`,
    `daemon: ${JSON.stringify(daemon)}`,
    `userland: ${userland}`,
    `lvm: ${lvm}`,
    ...TIERS.flatMap((tier) => {
      const section = sections.get(tier);
      return section === undefined ? [] : sectionLines(tier, section);
    }),
  ];
  return `${HEAD}${lines.join('\n')}\n`;
}

/** A node of the file, and what is said when it is not as it must be. */
class Reader {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly document: Document;

  constructor(text: string, file: string) {
    this.#file = file;
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [syntax] = this.document.errors;
    if (syntax !== undefined) this.fail(syntax.pos[0], `not valid YAML: ${syntax.message}`);
  }

  fail(offset: number, message: string): never {
    throw new BaselineError(`${this.#file}:${this.#lines.linePos(offset).line}: ${message}`);
  }

  /** The entries of a map with keys of text, and where they stand. */
  entries(node: unknown, offset: number, what: string): (readonly [string, unknown, number])[] {
    if (!isMap(node)) this.fail(offset, `${what}: should be a map`);
    return node.items.map(({ key, value }) => {
      if (!isScalar(key)) this.fail(offset, `${what}: a key should be a text`);
      return [String(key.source ?? key.value), value, key.range?.[0] ?? offset] as const;
    });
  }

  text(node: unknown, offset: number, what: string): string {
    if (!isScalar(node) || node.value === null) this.fail(offset, `${what}: should be a text`);
    // `7.10` is a version, not the number 7.1.
    return typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value));
  }

  oneOf<T extends string>(values: readonly T[], node: unknown, offset: number, what: string): T {
    const text = this.text(node, offset, what);
    const found = values.find((value) => value === text);
    return found ?? this.fail(offset, `${what}: ${JSON.stringify(text)} is none of ${values.join(', ')}`);
  }
}

/** The kernels that `A..B C ..D` names. */
function kernelsIn(
  text: string,
  kernels: readonly string[],
  fail: (message: string) => never,
): readonly string[] {
  const place = (kernel: string): number => {
    const index = kernels.indexOf(kernel);
    return index >= 0 ? index : fail(`${kernel} is not among the tested kernels of this tier`);
  };
  return text.split(/\s+/).flatMap((range) => {
    const dots = range.indexOf('..');
    if (dots < 0) return [kernels[place(range)] ?? ''];
    const [from, to] = [range.slice(0, dots), range.slice(dots + 2)];
    const first = from === '' ? 0 : place(from);
    const last = to === '' ? kernels.length - 1 : place(to);
    return first <= last ? kernels.slice(first, last + 1) : fail(`${range} goes backwards`);
  });
}

function readRequirement(
  reader: Reader,
  id: string,
  node: unknown,
  offset: number,
  kernels: readonly string[],
): Map<string, Expectation> {
  if (!isMap(node)) {
    const verdict = reader.oneOf(EXPECTATIONS, node, offset, id);
    return new Map(kernels.map((kernel) => [kernel, verdict]));
  }
  const expected = new Map<string, Expectation>();
  for (const [name, value, at] of reader.entries(node, offset, id)) {
    const verdict =
      EXPECTATIONS.find((one) => one === name) ??
      reader.fail(at, `${id}: ${JSON.stringify(name)} is none of ${EXPECTATIONS.join(', ')}`);
    const fail = (message: string): never => reader.fail(at, `${id}: ${message}`);
    for (const kernel of kernelsIn(reader.text(value, at, id), kernels, fail)) {
      if (expected.has(kernel)) fail(`${kernel} is named twice`);
      expected.set(kernel, verdict);
    }
  }
  return expected;
}

function readSection(
  reader: Reader,
  tier: Tier,
  node: unknown,
  offset: number,
  ids: ReadonlySet<string>,
): BaselineSection {
  const parts = new Map(
    reader.entries(node, offset, tier).map(([name, value, at]) => [name, [value, at] as const]),
  );
  for (const [name, [, at]] of parts)
    if (name !== 'kernels' && name !== 'requirements')
      reader.fail(at, `${tier}: nothing is called ${name} here`);
  const [kernelNode, kernelAt] = parts.get('kernels') ?? [undefined, offset];
  const kernels = new Map<string, KernelExpectation>();
  for (const [key, value, at] of reader.entries(kernelNode, kernelAt, `${tier}.kernels`))
    kernels.set(key, reader.oneOf(KERNEL_EXPECTATIONS, value, at, key));
  const tested = [...kernels.keys()].filter((key) => kernels.get(key) === 'tested').sort(compareKernelKeys);
  const [requirementNode, requirementAt] = parts.get('requirements') ?? [undefined, offset];
  const requirements = new Map<string, Map<string, Expectation>>();
  for (const [id, value, at] of reader.entries(requirementNode, requirementAt, `${tier}.requirements`)) {
    if (!ids.has(id))
      reader.fail(at, `${id} is no requirement of the catalogue; remove the line if it is gone`);
    requirements.set(id, readRequirement(reader, id, value, at, tested));
  }
  return { kernels, requirements };
}

/**
 * Reads a baseline; `file` is the name used in errors, `ids` are those of the catalogue. Throws {@link BaselineError}
 * with file and line for what is no YAML, of another schema, or names what does not exist.
 */
export function parseBaseline(text: string, file: string, ids: ReadonlySet<string>): Baseline {
  const reader = new Reader(text, file);
  const top = new Map(
    reader
      .entries(reader.document.contents, 0, 'a baseline')
      .map(([name, value, at]) => [name, [value, at] as const]),
  );
  const [version, versionAt] = top.get('schemaVersion') ?? [undefined, 0];
  const found = isScalar(version) ? version.value : undefined;
  if (found !== SCHEMA_VERSION) {
    reader.fail(
      versionAt,
      `schemaVersion is ${found === undefined ? 'missing' : JSON.stringify(found)}, this version of ulogcheck reads ${SCHEMA_VERSION} only. ` +
        'Record the baseline anew with --write-expect.',
    );
  }
  const known = ['schemaVersion', 'daemon', 'userland', 'lvm', ...TIERS];
  for (const [name, [, at]] of top)
    if (!known.includes(name)) reader.fail(at, `nothing is called ${name} here`);
  const value = (name: string): readonly [unknown, number, string] => {
    const [node, at] = top.get(name) ?? reader.fail(0, `${name} is missing`);
    return [node, at, name];
  };
  const sections = TIERS.flatMap((tier) => {
    const entry = top.get(tier);
    return entry === undefined ? [] : [[tier, readSection(reader, tier, ...entry, ids)] as const];
  });
  return {
    daemon: reader.text(...value('daemon')),
    userland: reader.text(...value('userland')),
    lvm: reader.oneOf(LVMS, ...value('lvm')),
    sections: new Map(sections),
  };
}
