import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRMWARE_2020, FIRMWARE_2023, type Firmware } from '../../disks/idm/index.js';
import { profileOf } from '../../disks/idm/testing/trace-events.js';
import { formatHistory, History, parseHistory } from '../../history/index.js';
import { declaredProfile } from '../../oracle/locks/index.js';
import { sampleEnd, sampleHistory } from '../../results/sample-history.js';
import { drivesProfile } from './drive-profile.js';

const declared = (firmware: Firmware | false) =>
  ({
    kind: 'disk-profile',
    n: 0,
    t: 1n,
    node: '',
    drive: 'D',
    lun: 0,
    mutexes: drivesProfile(firmware),
  }) as const;

test('what a history says of a firmware is what the judge of the desk makes of it, switch by switch', () => {
  const others: Firmware = {
    ...FIRMWARE_2020,
    limits: { entries: 5, hosts: 4, hostsOfMutex: 3 },
    majorVersion: 8,
    keepLastShared: true,
    lockContention: 'busy',
    refusedBreakEvictsExpired: true,
    garbagePadding: true,
    newerSense: true,
  };
  for (const firmware of [FIRMWARE_2020, FIRMWARE_2023, others])
    assert.deepEqual(declaredProfile(declared(firmware)), profileOf(firmware));
  assert.equal(declaredProfile(declared(false)), undefined);
});

test('a profile can be kept in a history', () => {
  const events = [declared(FIRMWARE_2020), { ...declared(false), n: 1 }];
  const { header } = sampleHistory([]);
  const { events: read } = parseHistory(formatHistory(new History(header, events, sampleEnd())));
  assert.deepEqual(read, events);
});
