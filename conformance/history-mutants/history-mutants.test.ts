import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHistory, parseHistory, type History } from '../../harness/history/index.js';
import { Scenario } from '../../harness/history/scenario/index.js';
import { judgeHistory, recordingGaps } from '../../harness/oracle/index.js';
import { HISTORY_MUTANTS } from './index.js';

const TEXT = '65536 clustered-core 1024 nosync';

/** Everything that some mutant wants to break, done by a good kernel. */
function goodHistory(): History {
  const s = new Scenario({ underTest: 'kernel' });
  s.daemonReady();
  const table = '0 65536 mirror userspace 4 U clustered-core 1024 nosync 2 7:0 0 7:1 0';
  const a = s.log('U', TEXT);
  s.command(`dmsetup create m --table ${table}`, () => {
    a.construct(1024, 64);
    a.resume();
  });
  a.write(3);
  const regions = Array.from({ length: 41 }, (_, index) => 40 - index);
  a.mark(regions.slice(0, 32));
  a.mark(regions.slice(32));
  a.flush();
  a.clear(regions.slice(0, 32));
  a.clear(regions.slice(32));
  a.flush();
  const b = s.log('U', TEXT);
  s.command(`dmsetup reload m --table ${table}`, () => b.construct(1024, 64));
  s.command('dmsetup resume m', () => {
    a.presuspend();
    a.postsuspend();
    b.resume();
    a.dtr();
  });
  const c = s.log('V', TEXT);
  const integrated = table.replace('4 U', '5 V integrated_flush');
  s.command(`dmsetup create n --table ${integrated}`, () => {
    c.construct(1024, 64);
    c.resume();
  });
  c.flush([1]);
  c.clear([1]);
  c.flush([2]);
  for (const log of [b, c]) {
    s.command('dmsetup remove x', () => {
      log.presuspend();
      log.postsuspend();
      log.dtr();
    });
  }
  return s.history();
}

function withoutDaemon(): History {
  const s = new Scenario({ underTest: 'kernel' });
  const a = s.log('U', TEXT);
  const refused = { status: 1, stderr: 'device-mapper: reload ioctl on m failed: Invalid argument\n' };
  s.command('dmsetup create m', () => a.begin('CTR', Buffer.from(TEXT)).unheard(), refused);
  s.command('dmsetup table', () => undefined, { stdout: 'No devices found\n' });
  return s.history();
}

/** What the oracle leaves to the test: how the commands ended. */
const JUDGED_BY_TEST = 'CTR-20';

void describe('history mutants', () => {
  void it('have names of their own and say what they break', () => {
    assert.equal(new Set(HISTORY_MUTANTS.map(({ name }) => name)).size, HISTORY_MUTANTS.length);
    assert.ok(
      HISTORY_MUTANTS.every(({ breaks, description }) => /^[A-Z]+-\d\d$/.test(breaks) && description),
    );
  });

  for (const mutant of HISTORY_MUTANTS) {
    const source = mutant.breaks === JUDGED_BY_TEST ? withoutDaemon() : goodHistory();

    void it(`${mutant.name} changes a history of a good kernel into one that breaks ${mutant.breaks}`, () => {
      assert.deepEqual(judgeHistory(source), []);
      const edited = mutant.apply(source);
      assert.ok(edited !== undefined);
      assert.notEqual(formatHistory(edited), formatHistory(source));
      assert.deepEqual(recordingGaps(edited), []);
      assert.equal(edited.end, source.end);
      const again = parseHistory(formatHistory(edited));
      for (const history of [edited, again]) {
        const broken = judgeHistory(history).filter(({ side }) => side === 'kernel');
        const ids = [...new Set(broken.map(({ id }) => id))];
        if (mutant.breaks === JUDGED_BY_TEST) assert.deepEqual(ids, []);
        else assert.ok(ids.includes(mutant.breaks), JSON.stringify(broken));
      }
    });

    void it(`${mutant.name} leaves alone what gives it nothing to edit`, () => {
      const s = new Scenario();
      s.log('U', TEXT).reconnect();
      assert.equal(mutant.apply(s.history()), undefined);
    });
  }

  void it('create-without-daemon-waits: the request and its command take 3 s longer', () => {
    const waits = HISTORY_MUTANTS.find(({ name }) => name === 'create-without-daemon-waits');
    const edited = waits?.apply(withoutDaemon());
    const [ctr] = edited?.exchanges('CTR') ?? [];
    const [create, table] = edited?.commands() ?? [];
    assert.ok((ctr?.return?.t ?? 0n) - (ctr?.request?.t ?? 0n) > 3_000_000_000n);
    assert.ok((create?.end ?? 0n) - (create?.t ?? 0n) > 3_000_000_000n);
    assert.ok((table?.t ?? 0n) > (create?.end ?? 0n));
  });
});
