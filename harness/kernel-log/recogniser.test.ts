import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { projectRoot } from '../setup/root.mjs';
import { type KernelLogEvent, KernelLogRecogniser, type KernelReport, reportsIn } from './recogniser.js';

const testdata = join(projectRoot, 'harness/kernel-log/testdata');

function consoleText(name: string): string {
  return readFileSync(join(testdata, `${name}.txt`), 'utf8');
}

function titles(text: string): string[] {
  return reportsIn(text).map(({ kind, title }) => `${kind}: ${title}`);
}

function only(text: string): KernelReport {
  const [report, ...others] = reportsIn(text);
  assert.ok(report);
  assert.deepEqual(others, []);
  return report;
}

/** Every stored console and what it holds. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'recorded-6.12-warning': ['warning: WARNING in add_uevent_var'],
  'recorded-6.12-oops-divide-error': ['oops: divide error in userspace_ctr'],
  'recorded-6.12-panic-sysrq': ['panic: kernel panic: sysrq triggered crash'],
  'recorded-6.12-soft-lockup': Array<string>(4).fill(
    'soft-lockup: BUG: soft lockup in dm_region_hash_create',
  ),
  'recorded-6.12-rcu-stall': Array<string>(2).fill(
    'rcu-stall: INFO: rcu detected stall in dm_region_hash_create',
  ),
  'recorded-6.12-hung-task': Array<string>(3).fill('hung-task: INFO: task hung in dm_consult_userspace'),
  'written-5.10': [
    'warning: WARNING in dm_put_live_table',
    'oops: BUG: unable to handle kernel NULL pointer dereference in dm_rh_inc_pending',
    'panic: kernel panic: Fatal exception in interrupt',
  ],
  'written-6.1-debug-kernel': [
    'memory-error: KASAN: slab-use-after-free Write in userspace_flush',
    'warning: UBSAN: array-index-out-of-bounds in recover',
    'lockdep: possible deadlock in dm_suspend',
    'lockdep: suspicious RCU usage in dm_get_live_table_fast',
    'warning: BUG: sleeping function called from invalid context in dm_rh_mark_nosync',
    'bug: kernel BUG in dm_region_hash_destroy',
    'oops: general protection fault in dm_rh_dec',
  ],
  'written-6.12-lockups': [
    'rcu-stall: INFO: rcu detected stall in core_get_resync_work',
    'rcu-stall: INFO: rcu detected stall in core_get_resync_work',
    'workqueue-lockup: BUG: workqueue lockup',
    'hard-lockup: hard LOCKUP in native_queued_spin_lock_slowpath',
    'clock: clocksource tsc is unstable',
  ],
  'written-7.0-callers': [
    'warning: WARNING in dm_region_hash_destroy',
    'soft-lockup: BUG: soft lockup in dm_region_hash_create',
    'hung-task: INFO: task hung in dm_wait_for_completion',
  ],
  'written-no-findings': [],
};

describe('stored consoles', () => {
  test('each is expected to hold something', () => {
    const stored = readdirSync(testdata).filter((name) => name.endsWith('.txt'));
    assert.deepEqual(stored.map((name) => name.replace(/\.txt$/, '')).sort(), Object.keys(EXPECTED).sort());
  });
  for (const [name, expected] of Object.entries(EXPECTED)) {
    test(name, () => {
      assert.deepEqual(titles(consoleText(name)).sort(), [...expected].sort());
    });
    test(`${name}, with CR LF, and with lines of programs in between`, () => {
      const text = consoleText(name);
      assert.deepEqual(reportsIn(text.replaceAll('\n', '\r\n')), reportsIn(text));
      assert.deepEqual(reportsIn(text.replaceAll('\n', '\nlogd: WARNING: busy\n')), reportsIn(text));
    });
  }
});

describe('a report is whole', () => {
  test('a WARN from "cut here" to its end, its message included', () => {
    const lines = only(consoleText('recorded-6.12-warning')).text.split('\n');
    assert.equal(lines[0], '------------[ cut here ]------------');
    assert.equal(lines[1], 'add_uevent_var: too many keys');
    assert.equal(lines.at(-1), '---[ end trace 0000000000000000 ]---');
    assert.ok(lines.includes(' kobject_synth_uevent+0x28f/0x330'));
  });
  test('an oops with the registers that it repeats behind its end', () => {
    const lines = only(consoleText('recorded-6.12-oops-divide-error')).text.split('\n');
    assert.equal(lines[0], 'Oops: divide error: 0000 [#1] PREEMPT SMP NOPTI');
    assert.equal(lines.at(-1), 'PKRU: 55555554');
    assert.equal(lines.filter((line) => line.startsWith('RIP: 0010:userspace_ctr')).length, 2);
  });
  test('a panic with its trace', () => {
    const { text } = only(consoleText('recorded-6.12-panic-sysrq'));
    assert.match(text, /^Kernel panic - not syncing: sysrq triggered crash\nCPU: 0/);
    assert.match(text, /<\/TASK>$/);
  });
  test('a hung task with its stack, and without what follows', () => {
    const [first] = reportsIn(consoleText('recorded-6.12-hung-task'));
    assert.equal(first?.seconds, 2);
    assert.match(
      first.text,
      /^INFO: task dmsetup:200 .*\n +Not tainted.*\n"echo 0 >.*\ntask:dmsetup +state:D/,
    );
    assert.match(first.text, / dm_consult_userspace\+/);
    assert.match(first.text, /<\/TASK>$/);
  });
  test('reports whose lines alternate are told apart by their callers', () => {
    const [warning, lockup] = reportsIn(consoleText('written-7.0-callers'));
    assert.doesNotMatch(warning?.text ?? '', /C1|dm_region_hash_create|ordinary/);
    assert.match(lockup?.text ?? '', /mirror_ctr.*\n <\/TASK>$/);
    assert.deepEqual([lockup?.cpu, lockup?.seconds], [1, 22]);
  });
  test('a stall tells how long it lasted at least', () => {
    const reports = reportsIn(consoleText('written-6.12-lockups'));
    assert.deepEqual(
      reports.map(({ seconds }) => seconds),
      [5.25, 6.002, 31, undefined, undefined],
    );
  });
});

describe('consoles that are not as they should be', () => {
  const warning = consoleText('recorded-6.12-warning');
  const untimed = (text: string): string => text.replaceAll(/^\[ *\d+\.\d+\] /gm, '');

  test('without printk times a report still counts', () => {
    assert.equal(only(untimed(warning)).title, 'WARNING in add_uevent_var');
    assert.deepEqual(titles(untimed(consoleText('recorded-6.12-panic-sysrq'))), [
      'panic: kernel panic: sysrq triggered crash',
    ]);
    assert.equal(titles(untimed(consoleText('recorded-6.12-hung-task'))).length, 3);
  });
  test('without printk times a first line alone is no report', () => {
    assert.deepEqual(titles('WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\nall is well\n'), []);
    assert.deepEqual(titles('BUG: in my program\n'), []);
  });
  test('callers without times', () => {
    const text = warning.replaceAll(/^\[ *\d+\.\d+\] /gm, '[  T185] ');
    assert.equal(only(text).title, 'WARNING in add_uevent_var');
  });
  test('levels in front, as some consoles show them', () => {
    assert.equal(only(warning.replaceAll(/^\[/gm, '<4>[')).title, 'WARNING in add_uevent_var');
  });
  test('behind what a program left without an end of line', () => {
    const text = warning.replace(/^(\[.*cut here.*)$/m, 'login: $1');
    assert.match(only(text).text, /^-+\[ cut here/);
    const late = warning.replace(/^\[(.*)\] (WARNING: CPU.*)$/m, 'logd: served 12 requests [$1] $2');
    assert.equal(only(late).title, 'WARNING in add_uevent_var');
  });
  test('the first line is lost', () => {
    assert.equal(only(warning.replace(/^.*WARNING: CPU.*\n/m, '')).title, 'WARNING in add_uevent_var');
    assert.equal(only(warning.replace(/^.*cut here.*\n/m, '')).title, 'WARNING in add_uevent_var');
    const end =
      warning.slice(0, warning.indexOf('[    3.176')) + warning.slice(warning.indexOf('[    3.202798'));
    assert.deepEqual(titles(end), ['warning: WARNING']);
  });
  test('the end is lost: the console stops, or the next report follows', () => {
    const half = warning.slice(0, warning.indexOf('[    3.198150'));
    assert.equal(only(half).title, 'WARNING in add_uevent_var');
    const panic = '[    4.000000] Kernel panic - not syncing: Fatal exception\n';
    assert.deepEqual(titles(half + panic), [
      'warning: WARNING in add_uevent_var',
      'panic: kernel panic: Fatal exception',
    ]);
  });
  test('the end comes after nothing came for long: one report, not two', () => {
    const recogniser = new KernelLogRecogniser();
    const lines = warning.split('\n');
    const events: KernelLogEvent[] = [];
    for (const line of lines) {
      if (line.includes('kobject_synth_uevent+')) events.push(...recogniser.flush());
      events.push(...recogniser.accept(line));
    }
    assert.equal(events.filter(({ type }) => type === 'ended').length, 1);
    assert.equal(recogniser.busy, false);
  });
  test('a report without an end stops at a limit', () => {
    const lines = Array.from(
      { length: 2000 },
      (_unused, n) => `[   60.${String(n).padStart(6, '0')}] on and on`,
    );
    const { text } = only(`[   59.000000] Oops: 0000 [#1] SMP\n${lines.join('\n')}`);
    assert.equal(text.split('\n').length, 400);
  });
});

describe('titles are the same for the same crash', () => {
  test('whatever the addresses, times and process ids are', () => {
    for (const name of Object.keys(EXPECTED)) {
      const text = consoleText(name);
      const other = text
        .replaceAll(/\b[0-9a-f]{16}\b/g, 'ffff88801234abcd')
        .replaceAll(/^\[ *(\d+)\./gm, (_all, seconds: string) => `[${String(Number(seconds) + 12345)}.`)
        .replaceAll(/PID: \d+/g, 'PID: 77')
        .replaceAll(/dmsetup:\d+/g, 'dmsetup:77');
      assert.deepEqual(titles(other), titles(text), name);
    }
  });
  test('a panic keeps words and loses numbers', () => {
    const panic = (reason: string): string => `[    1.000000] Kernel panic - not syncing: ${reason}\n`;
    assert.equal(
      only(panic('Attempted to kill init! exitcode=0x0000000b')).title,
      'kernel panic: Attempted to kill init! exitcode=ADDR',
    );
    assert.equal(
      only(panic('VFS: Unable to mount root fs on unknown-block(0,0)')).title,
      'kernel panic: VFS: Unable to mount root fs on unknown-block(NUM,NUM)',
    );
  });
});

describe('properties', () => {
  const fragments = Object.keys(EXPECTED).flatMap((name) => consoleText(name).split('\n'));
  const line = fc.oneof(fc.string(), fc.constantFrom(...fragments), fc.string({ unit: 'binary' }));

  test('random lines never throw, every report that begins ends, and none ends that did not begin', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), (lines) => {
        const recogniser = new KernelLogRecogniser();
        const events = [...lines.flatMap((text) => recogniser.accept(text)), ...recogniser.flush()];
        const ids = (type: KernelLogEvent['type']): number[] =>
          events.flatMap((event) => (event.type === type ? [event.id] : [])).sort((a, b) => a - b);
        assert.deepEqual(ids('ended'), ids('begun'));
        assert.equal(recogniser.busy, false);
      }),
    );
  });
  test('the same lines give the same events', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), (lines) => {
        const text = lines.join('\n');
        assert.deepEqual(reportsIn(text), reportsIn(text));
      }),
    );
  });
});
