/** A small catalogue and tests for unit tests of planning and of results. */
import type { Catalogue, Requirement } from '../../conformance/requirements/catalogue.js';
import type { ConformanceTest } from './definition.js';
import type { DaemonMutantInfo, HistoryMutantInfo } from './mutants.js';

/** A requirement on the daemon, a MUST that takes every kind of evidence but images, unless told otherwise. */
export function sampleRequirement(id: string, given: Partial<Requirement> = {}): Requirement {
  return {
    id,
    family: id.split('-')[0] ?? '',
    subject: 'daemon',
    level: id.endsWith('q') ? 'QUIRK' : 'MUST',
    basis: 'standard',
    sentence: `What ${id} says holds.`,
    source: 'somewhere',
    evidence: ['probe', 'ioctl', 'log'],
    knownDefect: undefined,
    file: 'conformance/requirements/luid.yaml',
    line: 1,
    ...given,
  };
}

/** A catalogue of these requirements, in this order. */
export function sampleCatalogue(...requirements: readonly Requirement[]): Catalogue {
  const files: Readonly<Record<string, string>> = {
    LUID: 'luid',
    SYNC: 'sync',
    DISK: 'disk-log',
    TRN: 'transport',
  };
  return {
    families: [...new Set(requirements.map(({ family }) => family))].map((name) => ({
      name,
      title: name,
      file: `conformance/requirements/${files[name] ?? name.toLowerCase()}.yaml`,
    })),
    requirements,
    byId: new Map(requirements.map((requirement) => [requirement.id, requirement])),
    digest: 'sha256:0',
  };
}

/** A test of LUID-01 that the registry takes, unless told otherwise. */
export function sampleTest(given: Partial<ConformanceTest> = {}): ConformanceTest {
  return {
    title: 'two logs coexist',
    ids: ['LUID-01'],
    tier: 'quick',
    underTest: 'daemon',
    mutants: ['one-log-only'],
    daemon: 'running',
    file: 'conformance/luid/coexistence.spec.ts',
    situation: () => [],
    drive: () => Promise.resolve(),
    expect: () => undefined,
    ...given,
  };
}

/** A broken daemon. */
export function sampleDaemonMutant(name: string, breaks: string): DaemonMutantInfo {
  return { name, kind: 'daemon', breaks, description: `breaks ${breaks}`, profile: `mutant-${name}` };
}

/** A broken kernel that never finds anything to edit. */
export function sampleHistoryMutant(name: string, breaks: string): HistoryMutantInfo {
  return { name, kind: 'history', breaks, description: `breaks ${breaks}`, apply: () => undefined };
}
