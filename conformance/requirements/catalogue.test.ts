import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CatalogueError, loadCatalogue, parseFamily, readCatalogue } from './catalogue.js';
import { type RuleId, weightOf } from '../../harness/oracle/locks/index.js';
import { ownPath } from '../../harness/setup/owned.mjs';

/** How many assertions each family of the specification has. */
const FAMILY_SIZES = {
  TRN: 25,
  CTR: 23,
  LUID: 13,
  FLUSH: 21,
  SYNC: 21,
  STAT: 11,
  SUSP: 13,
  CLUS: 20,
  DISK: 12,
  RECOV: 17,
  ERR: 16,
  LVM: 26,
  // One of them is ours: what drives owe to IDM-103, which binds lock managers.
  IDM: 69,
};

const ALL = Object.values(FAMILY_SIZES).reduce((sum, size) => sum + size, 0);

const SHOULD = [
  ...['TRN-16', 'TRN-24', 'CTR-16', 'CTR-19', 'CTR-23', 'FLUSH-05', 'STAT-05', 'STAT-11'],
  ...['SUSP-08', 'CLUS-12', 'CLUS-13', 'CLUS-14', 'RECOV-12'],
  ...['IDM-04', 'IDM-12', 'IDM-18', 'IDM-37', 'IDM-51', 'IDM-53', 'IDM-56', 'IDM-59', 'IDM-61', 'IDM-62'],
  'IDM-117',
];

const QUIRKS = [
  ...['TRN-12q', 'CTR-11q', 'CTR-12q', 'CTR-13q', 'FLUSH-11q', 'SYNC-13q', 'SYNC-16q', 'SUSP-09q'],
  ...['RECOV-04q', 'RECOV-06q', 'RECOV-16q', 'ERR-08q', 'ERR-10q', 'ERR-16q'],
];

describe('the catalogue', () => {
  const catalogue = loadCatalogue();
  const idsOf = (level: string): string[] =>
    catalogue.requirements.filter((requirement) => requirement.level === level).map(({ id }) => id);

  it('holds every assertion of the specification, by family', () => {
    const sizes: Record<string, number> = {};
    for (const { family } of catalogue.requirements) sizes[family] = (sizes[family] ?? 0) + 1;
    assert.deepEqual(sizes, FAMILY_SIZES);
    assert.equal(catalogue.byId.size, ALL);
    assert.deepEqual(
      catalogue.families.map(({ name }) => name),
      Object.keys(FAMILY_SIZES),
    );
  });

  it('has the levels of the specification', () => {
    assert.deepEqual(idsOf('SHOULD'), SHOULD);
    assert.deepEqual(idsOf('QUIRK'), QUIRKS);
    assert.equal(idsOf('MUST').length, ALL - SHOULD.length - QUIRKS.length);
  });

  it('calls profile what the specification infers or chooses', () => {
    const profile = catalogue.requirements.filter(({ basis }) => basis === 'profile');
    assert.deepEqual(
      profile.map(({ id }) => id),
      SHOULD.filter((id) => id.startsWith('IDM-')),
    );
    for (const { id, basis } of catalogue.requirements) {
      if (id.startsWith('IDM-')) assert.equal(weightOf(id as RuleId), basis, id);
    }
  });

  it('knows one defect of shipped kernels', () => {
    const known = catalogue.requirements.filter(({ knownDefect }) => knownDefect !== undefined);
    assert.deepEqual(
      known.map(({ id, knownDefect }) => [id, knownDefect?.kernels]),
      [['TRN-04', '>=6.6']],
    );
  });

  it('speaks in sentences of its own: no tags or table marks of the specification', () => {
    for (const { id, sentence } of catalogue.requirements) {
      assert.match(sentence, /^[A-Z`].*\.$/s, id);
      assert.doesNotMatch(sentence, /\[[VSHI]\]|\s{2}/, id);
      assert.doesNotMatch(sentence, /\b(see|section) \d/i, id);
    }
  });

  it('says where each requirement stands', () => {
    const luid = catalogue.byId.get('LUID-03');
    assert.equal(luid?.file, 'conformance/requirements/luid.yaml');
    assert.ok(luid.line > 3);
  });
});

const GOOD = `family: LUID
title: instances
requirements:
  - id: LUID-01
    subject: daemon
    level: MUST
    sentence: Two instances with one uuid coexist.
    source: somewhere 1
    evidence: [probe]
`;

describe('reading a family', () => {
  const refused = (text: string, message: string): void => {
    assert.throws(() => parseFamily(text, 'luid.yaml'), new CatalogueError(message));
  };

  it('takes what is right', () => {
    const { family, requirements } = parseFamily(GOOD, 'luid.yaml');
    assert.deepEqual(family, { name: 'LUID', title: 'instances', file: 'luid.yaml' });
    assert.equal(requirements[0]?.line, 4);
  });

  it('names file, line and field of what is wrong', () => {
    refused(
      GOOD.replace('subject: daemon', 'subject: deamon'),
      'luid.yaml:5: requirements.0.subject: Invalid option: expected one of "daemon"|"kernel"|"drive"|"both"',
    );
    refused(
      GOOD.replace('    source: somewhere 1\n', ''),
      'luid.yaml:4: requirements.0.source: Invalid input: expected string, received undefined',
    );
    refused(`${GOOD}    sauce: x\n`, 'luid.yaml:4: requirements.0: Unrecognized key: "sauce"');
    refused(
      GOOD.replace('LUID-01', 'LUID-1'),
      'luid.yaml:4: requirements.0.id: an id is a family and two or three digits, such as LUID-03 or TRN-12q',
    );
    refused(
      GOOD.replace('LUID-01', 'LUID-01q'),
      'luid.yaml:6: requirements.0.level: an id ends in q exactly when the level is QUIRK',
    );
    refused(
      GOOD.replace('level: MUST', 'level: MUST\n    basis: profile'),
      'luid.yaml:6: requirements.0.level: a sentence whose basis is profile is no MUST: ' +
        'nobody can be demanded to share a choice of ours',
    );
    refused(
      GOOD.replace('LUID-01', 'SYNC-01'),
      'luid.yaml:4: SYNC-01 does not belong to the family LUID of this file',
    );
    assert.throws(
      () => parseFamily('family: [', 'luid.yaml'),
      /^CatalogueError: luid\.yaml:1: not valid YAML: /,
    );
  });
});

describe('reading a directory', () => {
  it('refuses an id that is given twice and a family with two files', () => {
    const directory = ownPath(mkdtempSync(join(tmpdir(), 'ulogcheck-catalogue-')));
    try {
      const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
      assert.throws(
        () => readCatalogue(directory, directory),
        new CatalogueError(`${directory}: no requirements (*.yaml) here`),
      );
      write('a.yaml', GOOD + GOOD.slice(GOOD.indexOf('  - id')));
      assert.throws(
        () => readCatalogue(directory, directory),
        new CatalogueError('a.yaml:10: LUID-01 is already defined at a.yaml:4'),
      );
      write('a.yaml', GOOD);
      write('b.yaml', GOOD.replace('LUID-01', 'LUID-02'));
      assert.throws(
        () => readCatalogue(directory, directory),
        new CatalogueError('b.yaml: the family LUID already has the file a.yaml'),
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
