import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatHistory, parseHistory, type History } from '../../harness/history/index.js';
import { Scenario } from '../../harness/history/scenario/index.js';
import { judgeHistory, recordingGaps } from '../../harness/oracle/index.js';
import { HISTORY_MUTANTS } from './index.js';
import { SAMPLE_HISTORIES, withoutDaemon } from './sample-histories.js';

/** Requirements that the oracle judges in every history, whatever test made it. */
const JUDGED_BY_ORACLE = [
  ...['CTR-01', 'CTR-02', 'FLUSH-03', 'FLUSH-08', 'FLUSH-20', 'FLUSH-21', 'LUID-05', 'LUID-06', 'LUID-07'],
  ...['STAT-10', 'SUSP-01', 'SUSP-05', 'SYNC-09', 'SYNC-18', 'TRN-14'],
];

function kernelDeviations(history: History): string[] {
  return judgeHistory(history).flatMap(({ side, id }) => (side === 'kernel' ? [id] : []));
}

void describe('history mutants', () => {
  void it('have names of their own and say what they break', () => {
    assert.equal(new Set(HISTORY_MUTANTS.map(({ name }) => name)).size, HISTORY_MUTANTS.length);
    assert.ok(
      HISTORY_MUTANTS.every(({ breaks, description }) => /^[A-Z]+-\d\dq?$/.test(breaks) && description),
    );
  });

  for (const sample of SAMPLE_HISTORIES) {
    void it(`edit ${sample.name}, in which the kernel does nothing wrong`, () => {
      assert.deepEqual(kernelDeviations(sample()), []);
    });
  }

  for (const mutant of HISTORY_MUTANTS) {
    void it(`${mutant.name} changes a history of a good kernel into one that breaks ${mutant.breaks}`, () => {
      const edits = SAMPLE_HISTORIES.flatMap((make) => {
        const source = make();
        const edited = mutant.apply(source);
        return edited === undefined ? [] : [{ source, edited }];
      });
      assert.ok(edits.length > 0, 'no sample history gives it anything to edit');
      for (const { source, edited } of edits) {
        assert.notEqual(formatHistory(edited), formatHistory(source));
        assert.deepEqual(recordingGaps(edited), []);
        assert.equal(edited.end, source.end);
      }
      if (!JUDGED_BY_ORACLE.includes(mutant.breaks)) return;
      const seen = edits.flatMap(({ edited }) =>
        [edited, parseHistory(formatHistory(edited))].map((history) =>
          kernelDeviations(history).includes(mutant.breaks),
        ),
      );
      assert.ok(seen.includes(true), 'the oracle sees it in no sample history');
    });

    void it(`${mutant.name} leaves alone what gives it nothing to edit`, () => {
      const s = new Scenario();
      s.log('U', '65536 clustered-core 1024 nosync').reconnect();
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
