import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpioArchive, directoriesOf } from './cpio.js';

describe('cpioArchive', () => {
  const archive = cpioArchive([
    { kind: 'directory', path: 'bin' },
    { kind: 'file', path: 'bin/x', mode: 0o755, data: Buffer.from('hello') },
    { kind: 'link', path: 'sh', target: 'bin/x' },
  ]);

  it('writes newc headers: magic, 13 fields of 8 hex digits, aligned name and data', () => {
    const field = (at: number, index: number): number =>
      parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    assert.equal(archive.toString('latin1', 0, 6), '070701');
    assert.equal(field(0, 1), 0o040755);
    assert.equal(archive.toString('latin1', 110, 114), 'bin\0');
    // 110 + 4 = 114, padded to 116: the next header.
    assert.equal(archive.toString('latin1', 116, 122), '070701');
    assert.equal(field(116, 1), 0o100755);
    assert.equal(field(116, 6), 5);
    assert.equal(field(116, 11), 6);
    // 116 + 110 + 6 = 232, which is aligned.
    assert.equal(archive.toString('latin1', 232, 237), 'hello');
    assert.equal(archive.toString('latin1', 240, 246), '070701');
    assert.equal(field(240, 1), 0o120777);
  });

  it('ends in a trailer and fills whole blocks, so that archives can follow each other', () => {
    assert.ok(archive.includes('TRAILER!!!\0'));
    assert.equal(archive.length % 512, 0);
  });

  it('gives the same bytes for the same members', () => {
    const members = [{ kind: 'file', path: 'a', mode: 0o644, data: Buffer.from('1') }] as const;
    assert.deepEqual(cpioArchive(members), cpioArchive(members));
  });

  it('refuses absolute and empty paths', () => {
    assert.throws(() => cpioArchive([{ kind: 'directory', path: '/etc' }]), {
      message: 'cpio: path "/etc" must be relative and not empty',
    });
  });

  it('lists the directories that files need, parents first', () => {
    assert.deepEqual(directoriesOf(['a/b/c', 'a/d', 'e']), ['a', 'a/b']);
  });
});
