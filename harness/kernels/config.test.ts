import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkConfig, configVersion, parseConfig, type OptionNeed } from './config.js';

const need = (changes: Partial<OptionNeed>): OptionNeed => ({
  option: 'CONFIG_A',
  value: 'built-in',
  why: 'why',
  without: 'nothing works',
  ...changes,
});

const heading = (version: string): string =>
  `#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 ${version} Kernel Configuration\n#\n`;

describe('a .config', () => {
  it('sets options to y, m and texts; a comment sets nothing', () => {
    const options = parseConfig(
      'CONFIG_A=y\nCONFIG_B=m\r\n# CONFIG_C is not set\nCONFIG_D="a=b"\n#CONFIG_E=y\n',
    );
    assert.deepEqual(
      [...options],
      [
        ['CONFIG_A', 'y'],
        ['CONFIG_B', 'm'],
        ['CONFIG_D', '"a=b"'],
      ],
    );
  });

  it('has the version of its kernel in its heading', () => {
    assert.deepEqual(configVersion(heading('6.12.117')), [6, 12]);
    assert.deepEqual(configVersion(heading('7.0.0-rc3')), [7, 0]);
    assert.equal(configVersion('CONFIG_A=y\n'), undefined);
  });

  it('lacks what is not set, and what is a module but must be built in', () => {
    const lacks = (text: string, changes: Partial<OptionNeed>): string[] =>
      checkConfig(text, [need(changes)]).map(({ wanted, found }) => `${wanted}: ${found}`);
    assert.deepEqual(lacks('CONFIG_A=y\n', {}), []);
    assert.deepEqual(lacks('CONFIG_A=m\n', {}), ['CONFIG_A=y: CONFIG_A=m']);
    assert.deepEqual(lacks('CONFIG_A=m\n', { value: 'any' }), []);
    assert.deepEqual(lacks('# CONFIG_A is not set\n', { value: 'any' }), ['CONFIG_A=y or m: not set']);
    assert.deepEqual(lacks('CONFIG_A=y\n', { value: 'absent' }), ['# CONFIG_A is not set: CONFIG_A=y']);
    assert.deepEqual(lacks('', { value: 'absent' }), []);
  });

  it('of an older kernel is asked for the option of then', () => {
    const needs = [
      need({ option: 'CONFIG_NEW', value: 'any', before: { version: [5, 12], option: 'CONFIG_OLD' } }),
    ];
    const wanted = (text: string): string[] => checkConfig(text, needs).map((lack) => lack.wanted);
    assert.deepEqual(wanted(`${heading('5.10.2')}CONFIG_OLD=m\n`), []);
    assert.deepEqual(wanted(`${heading('5.10.2')}CONFIG_NEW=m\n`), ['CONFIG_OLD=y or m']);
    assert.deepEqual(wanted(`${heading('5.12.0')}CONFIG_OLD=y\n`), ['CONFIG_NEW=y or m']);
    assert.deepEqual(wanted('CONFIG_OLD=y\n'), ['CONFIG_NEW=y or m']);
  });
});
