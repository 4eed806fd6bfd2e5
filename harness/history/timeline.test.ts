import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderTimeline } from './index.js';
import { Scenario } from './scenario/index.js';

void describe('renderTimeline', () => {
  void it('shows a swap by luid, with what was unusual', () => {
    const s = new Scenario({ test: 'a swap keeps the new log', ids: ['LUID-03'] });
    s.daemonReady();
    const a = s.log('U', '4096 clustered-core 1024 nosync');
    a.construct(1024, 4);
    a.resume();
    const b = s.log('U', '8192 clustered-core 1024');
    b.construct(1024);
    s.command(
      'dmsetup resume m',
      () => {
        a.presuspend();
        a.postsuspend();
        b.resume();
        a.dtr();
      },
      { stdout: 'a line\n' },
    );
    b.setSync(0, 1, { error: -22 });
    b.mark([39, 38, 37, 1, 9]);
    const late = b.begin('FLUSH');
    late.transmit(15_200);
    late.reply(undefined, { seq: late.seq - 1 });
    late.answer();
    b.remoteRecovering(3, 1, 1);
    b.begin('MARK_REGION').unheard();
    s.subject('killed', 'SIGKILL');
    const text = renderTimeline(s.history(), [
      { events: [24, 25], text: 'LUID-01 (daemon): expected\nthis' },
    ]);
    assert.equal(
      text,
      `a swap keeps the new log  [LUID-03]
kernel 6.12.57+deb13-cloud-amd64, daemon reference, userland trixie, seed 1, 2026-01-01T00:00:00.000Z; under test: the daemon
Times are ms of guest time since the first event; in brackets how long the kernel waited for the answer.

  L1   uuid U  luid 0xffff888000001400  4096 clustered-core 1024 nosync
  L2   uuid U  luid 0xffff888000001800  8192 clustered-core 1024

        ms ────────────────────────────────────────────────────────────────────────────────────────────
     0.000 ── daemon started
     0.100 ── daemon ready
     0.200 L1 CTR "4096 clustered-core 1024 nosync" → ok (0.3)
     0.600 L1 GET_REGION_SIZE → 1024 (0.3)
     1.000 L1 GET_SYNC_COUNT → 4 (0.3)
     1.400 L1 RESUME → ok (0.3)
     1.800 ·                                             L2 CTR "8192 clustered-core 1024" → ok (0.3)
     2.200 ·                                             L2 GET_REGION_SIZE → 1024 (0.3)
           !! LUID-01 (daemon): expected
           !! this
     2.600 ·                                             L2 GET_SYNC_COUNT → 0 (0.3)
     3.000 ── $ dmsetup resume m  [exit status 0, 1.7 ms]
              a line
     3.100 L1 PRESUSPEND → ok (0.3)                      ·
     3.500 L1 POSTSUSPEND → ok (0.3)                     ·
     3.900 ·                                             L2 RESUME → ok (0.3)
     4.300 L1 DTR → ok (0.3)                             ·
     4.800                                               L2 SET_REGION_SYNC 0 = 1 → -EINVAL (0.3) *
     5.200                                               L2 MARK_REGION [39..37 1 9] → ok (0.3)
     5.600                                               L2 FLUSH → ok (15200.5)
 15205.800                                               L2   sent again (2) FLUSH seq 14
 15205.900                                               L2   not wanted: ok to seq 13 of FLUSH
 15206.200                                               L2 IS_REMOTE_RECOVERING 3 → recovering 1, hint 1 (0.3)
 15206.600                                               L2 MARK_REGION → no answer, returned -ESRCH (0.2) *
 15206.900 ── daemon killed: SIGKILL

End: test ended; 0 overruns, 0 missed probe hits
`,
    );
  });
});
