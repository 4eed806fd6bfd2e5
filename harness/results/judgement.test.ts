import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONSOLE_UNREAD, History, HOST_STALLED, POWER_CUT, PUPPET_DAEMON } from '../history/index.js';
import { FINDING_KINDS } from '../kernel-log/index.js';
import type { Deviation, LockFindings } from '../oracle/index.js';
import { sampleCatalogue, sampleRequirement } from '../plan/sample-suite.js';
import type { JudgedTest } from './expectations.js';
import { DRIVE_STOPPED, judge } from './judgement.js';
import { command, finding, request, sampleEnd, sampleHistory, transmission } from './sample-history.js';

const catalogue = sampleCatalogue(
  sampleRequirement('LUID-01'),
  sampleRequirement('LUID-02'),
  sampleRequirement('LUID-05', { subject: 'kernel' }),
  sampleRequirement('SYNC-01'),
  sampleRequirement('SYNC-13q', { subject: 'kernel' }),
  sampleRequirement('DISK-01', { evidence: ['image'] }),
);

/** Whose situation is every request, and that expects nothing wrong. */
function aTest(given: Partial<JudgedTest> = {}): JudgedTest {
  return {
    title: 'two logs coexist',
    ids: ['LUID-01'],
    underTest: 'daemon',
    situation: (history) => history.events.filter(({ kind }) => kind === 'request'),
    expect: (_history, check) => check(true, { expected: 'it', seen: 'it' }),
    ...given,
  };
}

/** An expectation that never holds, about `id`, showing the events that `of` picks. */
function failing(
  id?: string,
  of: (history: History) => History['events'] = ({ events }) => events.slice(0, 1),
): JudgedTest['expect'] {
  return (history, check) =>
    check(false, {
      ...(id === undefined ? {} : { id }),
      expected: 'one log',
      seen: 'two logs',
      events: of(history),
    });
}

function deviation(id: string, side: Deviation['side'], events: readonly number[] = [0]): Deviation {
  return { id, side, expected: 'answer 0 or 1', seen: 'answer 2', events };
}

function verdicts(test: JudgedTest, history: History, deviations: readonly Deviation[] = []): string[] {
  return judge(test, history, deviations, catalogue).judgements.map(
    ({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`,
  );
}

const good = sampleHistory([request(), command()]);

/** The same history, as the puppet's. */
function byPuppet({ header, events, end }: History): History {
  return new History({ ...header, daemon: PUPPET_DAEMON }, events, end);
}

describe('judging a test', () => {
  it('passes with the situation, the checks and the evidence', () => {
    const { judgements, notes, findings } = judge(aTest(), good, [], catalogue);
    assert.deepEqual(judgements, [
      {
        id: 'LUID-01',
        verdict: 'pass',
        reason: 'holds',
        observed: '1 event of the situation, all as expected',
        evidence: [{ kind: 'probe', path: 'history.jsonl', events: [0] }],
      },
    ]);
    assert.deepEqual([notes, findings], [[], []]);
  });

  it('fails what an expectation saw broken, with expected, seen and events', () => {
    const { judgements } = judge(aTest({ expect: failing() }), good, [], catalogue);
    assert.deepEqual(judgements, [
      {
        id: 'LUID-01',
        verdict: 'fail',
        reason: 'expected one log; seen two logs',
        observed: 'two logs',
        evidence: [{ kind: 'probe', path: 'history.jsonl', events: [0] }],
        failures: [
          {
            by: 'expectation',
            expected: 'one log',
            seen: 'two logs',
            events: [0],
            lines: ['0.000  L1 CTR → no answer *'],
          },
        ],
      },
    ]);
  });

  it('gives nothing where the two ways of judging locks contradict each other, or a drive was not judged', () => {
    const said = (locks: Partial<LockFindings>, underTest: JudgedTest['underTest']) => {
      const findings = { deviations: [], contradictions: [], undecided: [], ...locks };
      const { judgements } = judge(aTest({ underTest }), good, [], catalogue, findings);
      return judgements.map(({ verdict, reason }) => `${verdict}: ${reason}`);
    };
    assert.deepEqual(said({ contradictions: ['no order'] }, 'drive'), ['infra: no order']);
    assert.deepEqual(said({ contradictions: ['no order'] }, 'daemon'), ['infra: no order']);
    assert.deepEqual(said({ undecided: ['given up'] }, 'drive'), ['unknown: given up']);
    assert.deepEqual(said({ undecided: ['given up'] }, 'daemon'), ['pass: holds']);
  });

  it('fails every id of the test unless the check names one', () => {
    const ids = ['LUID-01', 'LUID-02'];
    const reason = 'fail: expected one log; seen two logs';
    assert.deepEqual(verdicts(aTest({ ids, expect: failing() }), good), [
      `LUID-01 ${reason}`,
      `LUID-02 ${reason}`,
    ]);
    assert.deepEqual(verdicts(aTest({ ids, expect: failing('LUID-02') }), good), [
      'LUID-01 unknown: the test checked nothing about LUID-01',
      `LUID-02 ${reason}`,
    ]);
  });

  it('fails what the oracle saw broken on the side under test, also what the test is not about', () => {
    assert.deepEqual(
      verdicts(aTest(), good, [deviation('LUID-01', 'daemon'), deviation('SYNC-01', 'daemon')]),
      [
        'LUID-01 fail: expected answer 0 or 1; seen answer 2',
        'SYNC-01 fail: expected answer 0 or 1; seen answer 2',
      ],
    );
    assert.deepEqual(verdicts(aTest({ expect: failing('SYNC-01') }), good), [
      'LUID-01 unknown: the test checked nothing about LUID-01',
      'SYNC-01 fail: expected one log; seen two logs',
    ]);
  });

  it('takes deviations of the other side as notes', () => {
    const { judgements, notes } = judge(aTest(), good, [deviation('SYNC-01', 'kernel')], catalogue);
    assert.equal(judgements[0]?.verdict, 'pass');
    assert.deepEqual(notes, [deviation('SYNC-01', 'kernel')]);
  });

  it('counts several failures of one requirement', () => {
    const [said] = verdicts(aTest({ expect: failing() }), good, [deviation('LUID-01', 'daemon')]);
    assert.equal(said, 'LUID-01 fail: expected one log; seen two logs (and 1 more)');
  });

  it('says that a quirk changed instead of failing it', () => {
    const quirk = aTest({ ids: ['SYNC-13q'], underTest: 'kernel', expect: failing() });
    assert.deepEqual(verdicts(quirk, good), ['SYNC-13q not-applicable: changed: two logs']);
  });

  it('refuses to judge what is not in the catalogue', () => {
    assert.throws(
      () => verdicts(aTest(), good, [deviation('XY-01', 'daemon')]),
      /XY-01 was judged, but is not in the catalogue/,
    );
  });
});

describe('what cannot be known', () => {
  const never =
    'LUID-01 unknown: the situation never occurred: the history has none of the events that make the sentence applicable';

  it('is what the situation of never occurred', () => {
    assert.deepEqual(verdicts(aTest({ situation: () => [] }), good), [never]);
  });

  it('is what only the absence of the situation broke, but not what events show broken', () => {
    const absent = aTest({ situation: () => [], expect: failing(undefined, () => []) });
    assert.deepEqual(verdicts(absent, good), [never]);
    assert.deepEqual(verdicts({ ...absent, expect: failing() }, good), [
      'LUID-01 fail: expected one log; seen two logs',
    ]);
  });

  it('is what nothing was checked about', () => {
    assert.deepEqual(verdicts(aTest({ expect: () => undefined }), good), [
      'LUID-01 unknown: the test checked nothing about LUID-01',
    ]);
  });

  it('is what has no evidence of a kind that counts', () => {
    const image = aTest({ ids: ['DISK-01'] });
    assert.deepEqual(verdicts(image, good), [
      'DISK-01 unknown: no evidence of a kind that counts for DISK-01 (image)',
    ]);
    const history = sampleHistory([
      request(),
      { kind: 'observation', evidence: 'image', name: 'log', value: 'x' },
    ]);
    const unexamined = 'DISK-01 unknown: no evidence of a kind that counts for DISK-01 (image)';
    assert.deepEqual(verdicts(image, history), [unexamined]);
    const examined = aTest({
      ids: ['DISK-01'],
      expect: ({ events }, check) => check(true, { expected: 'x', seen: 'x', events: events.slice(1) }),
    });
    assert.deepEqual(verdicts(examined, history), ['DISK-01 pass: holds']);
  });

  it('is a test whose scenario stopped before its end', () => {
    const stop = {
      kind: 'observation',
      evidence: 'log',
      name: DRIVE_STOPPED,
      value: 'dmsetup resume: stalled',
    } as const;
    const history = sampleHistory([request(), stop]);
    const text = 'the scenario stopped before its end: dmsetup resume: stalled';
    assert.deepEqual(verdicts(aTest(), history), [`LUID-01 unknown: ${text}`]);
    assert.deepEqual(verdicts(aTest({ situation: () => [] }), history), [
      `LUID-01 unknown: the situation never occurred: ${text}`,
    ]);
    assert.deepEqual(verdicts(aTest({ expect: failing() }), history), [
      'LUID-01 fail: expected one log; seen two logs',
    ]);
  });
});

describe('an expectation that others may be to blame for', () => {
  const stalled = {
    kind: 'command' as const,
    argv: ['dmsetup', 'wait'],
    status: null,
    stdout: '',
    stderr: '',
    end: 2_000_000n,
    outcome: 'stalled' as const,
  };
  const ready = { kind: 'subject', action: 'ready', detail: '' } as const;
  const kernelTest = aTest({ ids: ['LUID-05'], underTest: 'kernel', expect: failing() });

  it('says unknown when a command ran out of time and nobody owes anything', () => {
    assert.deepEqual(verdicts(aTest({ expect: failing() }), sampleHistory([ready, request(), stalled])), [
      'LUID-01 unknown: the scenario ran out of time: dmsetup wait',
    ]);
  });

  it('fails the daemon that owes an answer', () => {
    const late = { kind: 'observation', evidence: 'log', name: 'x', value: 1 } as const;
    const { header, events, end } = sampleHistory([ready, request(), transmission(0), stalled, late]);
    const owed = new History(
      header,
      events.map((event) => (event.kind === 'observation' ? { ...event, t: 6_000_000_000n } : event)),
      end,
    );
    assert.deepEqual(verdicts(aTest({ expect: failing() }), owed), [
      'LUID-01 fail: expected one log; seen two logs',
    ]);
  });

  it('says that nobody owes anything to a node whose power was cut', () => {
    const cut = { kind: 'observation', evidence: 'log', name: POWER_CUT, value: { unseenMs: 9 } } as const;
    const late = { kind: 'observation', evidence: 'log', name: 'x', value: 1 } as const;
    const { header, events, end } = sampleHistory([ready, request(), transmission(0), cut, stalled, late]);
    const moved = events.map((event) =>
      event.kind === 'observation' && event.name === 'x'
        ? { ...event, t: 60_000_000_000n, node: 'node2' }
        : event,
    );
    const history = new History(header, moved, end);
    assert.deepEqual(verdicts(aTest({ expect: failing() }), history), [
      'LUID-01 unknown: the scenario ran out of time: dmsetup wait',
    ]);
  });

  it('says unknown of a kernel whose daemon broke the rules', () => {
    const daemon = { id: 'FLUSH-17', side: 'daemon', expected: 'ok', seen: 'EINVAL', events: [] } as const;
    assert.deepEqual(verdicts(kernelTest, good, [daemon]), [
      'LUID-05 unknown: the daemon broke FLUSH-17 in this test (EINVAL), so that nothing can be said of the kernel',
    ]);
  });

  it('fails a kernel whatever the puppet did, which is no note either', () => {
    const daemon = { id: 'FLUSH-17', side: 'daemon', expected: 'ok', seen: 'EINVAL', events: [] } as const;
    const history = byPuppet(good);
    assert.deepEqual(verdicts(kernelTest, history, [daemon]), [
      'LUID-05 fail: expected one log; seen two logs',
    ]);
    assert.deepEqual(judge(kernelTest, history, [daemon], catalogue).notes, []);
  });

  it('fails a kernel when the puppet kept the command waiting, and not when nothing did', () => {
    const end = 3_000_000_000n;
    const returned = { kind: 'return', tid: 1, call: 1, result: 0 } as const;
    const waiting = sampleHistory([ready, request(), transmission(0), { ...stalled, end }]);
    assert.deepEqual(verdicts(kernelTest, byPuppet(waiting)), [
      'LUID-05 fail: expected one log; seen two logs',
    ]);
    const free = sampleHistory([ready, request(), transmission(0), returned, { ...stalled, end }]);
    for (const history of [byPuppet(free), waiting]) {
      assert.deepEqual(verdicts(kernelTest, history), [
        'LUID-05 unknown: the scenario ran out of time: dmsetup wait',
      ]);
    }
  });

  it('says unknown when the host stood still', () => {
    const pause = { kind: 'observation', evidence: 'log', name: HOST_STALLED, value: { ms: 9000 } } as const;
    assert.deepEqual(verdicts(aTest({ expect: failing() }), sampleHistory([request(), pause])), [
      'LUID-01 unknown: the host stood still for seconds during the test',
    ]);
    assert.deepEqual(verdicts(aTest(), sampleHistory([request(), pause])), ['LUID-01 pass: holds']);
  });
});

describe('a console that was not read to its end', () => {
  const unread = {
    kind: 'observation',
    evidence: 'log',
    name: CONSOLE_UNREAD,
    value: 'no last line',
  } as const;

  it('leaves nothing that can pass, and takes no failure back', () => {
    assert.deepEqual(verdicts(aTest(), sampleHistory([request(), unread])), [
      'LUID-01 unknown: what the kernel reported at last was not seen: no last line',
    ]);
    assert.deepEqual(verdicts(aTest({ expect: failing() }), sampleHistory([request(), unread])), [
      'LUID-01 fail: expected one log; seen two logs',
    ]);
  });
});

describe('a daemon that ended by itself', () => {
  it('leaves nothing that can pass', () => {
    const exited = { kind: 'subject', action: 'exited', detail: 'by itself, with status 3' } as const;
    assert.deepEqual(verdicts(aTest(), sampleHistory([request(), exited])), [
      'LUID-01 unknown: the daemon ended by itself, with status 3',
    ]);
  });
});

describe('a recording that cannot be trusted', () => {
  const cases = [
    ['overruns', sampleEnd({ overruns: 3 }), 'the recording has gaps: 3 events were lost in the ring buffer'],
    ['missed probes', sampleEnd({ missed: 2 }), 'the recording has gaps: 2 probe hits were missed'],
    [
      'truncation',
      sampleEnd({ truncated: true, reason: 'the VM died' }),
      'the recording is truncated: the VM died',
    ],
    ['a missing end', null, 'the recording is truncated: its last line is missing'],
  ] as const;
  for (const [what, end, reason] of cases) {
    it(`makes the test infra, whatever was seen: ${what}`, () => {
      const history = sampleHistory([request()], end);
      assert.deepEqual(verdicts(aTest({ expect: failing() }), history, [deviation('LUID-01', 'daemon')]), [
        `LUID-01 infra: ${reason}`,
      ]);
    });
  }

  it('makes the test infra: seq jumps', () => {
    const history = sampleHistory([request(), transmission(3), transmission(6)]);
    assert.match(
      verdicts(aTest(), history).join(),
      /^LUID-01 infra: the recording has gaps: seq 6 .*: 2 transmissions are missing$/,
    );
  });
});

describe('a complaint of the kernel', () => {
  const said = (kind: string): string =>
    `LUID-01 unknown: the kernel reported ${kind === 'oops' ? 'an' : 'a'} ${kind} during the test: ${kind} in some_function`;

  it('lets nothing pass', () => {
    for (const kind of FINDING_KINDS) {
      const history = sampleHistory([request(), finding(kind)]);
      assert.deepEqual(verdicts(aTest(), history), [said(kind)]);
      assert.deepEqual(judge(aTest(), history, [], catalogue).findings, [
        { finding: kind, title: `${kind} in some_function`, text: 'Oops: 0000\nCPU: 0', event: 1 },
      ]);
    }
  });

  it('excuses what expectations miss afterwards when it is fatal, and nothing when it is a warning', () => {
    const test = aTest({ expect: failing() });
    assert.deepEqual(verdicts(test, sampleHistory([request(), finding('panic')])), [said('panic')]);
    assert.deepEqual(verdicts(test, sampleHistory([request(), finding('warning')])), [
      'LUID-01 fail: expected one log; seen two logs',
    ]);
  });

  it('leaves what the oracle saw before it', () => {
    const history = sampleHistory([request(), finding('oops'), request()]);
    assert.deepEqual(verdicts(aTest(), history, [deviation('SYNC-01', 'daemon', [0])]), [
      said('oops'),
      'SYNC-01 fail: expected answer 0 or 1; seen answer 2',
    ]);
    assert.deepEqual(verdicts(aTest(), history, [deviation('SYNC-01', 'daemon', [0, 2])]), [said('oops')]);
  });

  it('changes nothing when the test allows it, and is reported with the reason', () => {
    const allowFindings = [
      { kind: 'hung-task', title: /some_function$/, because: 'the test froze the daemon' },
    ] as const;
    const history = sampleHistory([request(), finding('hung-task')]);
    assert.deepEqual(verdicts(aTest({ allowFindings }), history), ['LUID-01 pass: holds']);
    const [reported] = judge(aTest({ allowFindings }), history, [], catalogue).findings;
    assert.equal(reported?.allowed, 'the test froze the daemon');
    const failed = aTest({ allowFindings, expect: failing() });
    assert.deepEqual(verdicts(failed, history), ['LUID-01 fail: expected one log; seen two logs']);
    assert.deepEqual(verdicts(aTest({ allowFindings }), sampleHistory([request(), finding('warning')])), [
      said('warning'),
    ]);
    const fatal = aTest({ allowFindings: [{ kind: 'oops', because: 'x' }], expect: failing() });
    assert.deepEqual(verdicts(fatal, sampleHistory([request(), finding('oops')])), [
      'LUID-01 fail: expected one log; seen two logs',
    ]);
  });

  it('comes with the judgements even when the recording cannot be trusted', () => {
    const history = sampleHistory([request(), finding('warning')], sampleEnd({ overruns: 1 }));
    const judged = judge(aTest(), history, [], catalogue);
    assert.equal(judged.judgements[0]?.verdict, 'infra');
    assert.equal(judged.findings.length, 1);
  });

  it('explains a truncated recording', () => {
    assert.deepEqual(verdicts(aTest(), sampleHistory([request(), finding('panic')], null)), [said('panic')]);
  });

  it('is no surprise to a test whose situation it is', () => {
    const test = aTest({ situation: ({ events }) => events.filter(({ kind }) => kind === 'finding') });
    assert.deepEqual(verdicts(test, sampleHistory([request(), finding('panic')])), ['LUID-01 pass: holds']);
    assert.deepEqual(verdicts(test, sampleHistory([request(), finding('panic')], null)), [
      'LUID-01 unknown: the kernel died, as "two logs coexist" expects, and the recording ends before the test did',
    ]);
  });
});

describe('a test that is broken itself', () => {
  it('is infra, but what the oracle saw stands', () => {
    const test = aTest({
      expect: () => {
        throw new Error('no such instance');
      },
    });
    const [own, other] = verdicts(test, good, [deviation('SYNC-01', 'daemon')]);
    assert.match(own ?? '', /^LUID-01 infra: the test itself is broken: Error: no such instance/);
    assert.equal(other, 'SYNC-01 fail: expected answer 0 or 1; seen answer 2');
  });
});
