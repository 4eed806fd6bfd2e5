import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drives, initiatorName } from '../../disks/drives.js';
import { TestInitiator } from '../../disks/iscsi/testing/initiator.js';
import type { TraceRecord } from '../../disks/scsi/index.js';
import { formatHistory, History, type HistoryEvent, parseHistory } from '../../history/index.js';
import { sampleEnd, sampleHistory } from '../../results/sample-history.js';
import { driveEvent } from './drive-events.js';

test('what drives tell of a login and its commands can be kept in a history', async () => {
  const records: TraceRecord[] = [];
  await using drives = await Drives.serve({
    count: 1,
    chap: false,
    observe: (record) => records.push(record),
  });
  const { address } = drives.target;
  const initiator = await TestInitiator.login(address, [
    ['InitiatorName', initiatorName('node2')],
    ['TargetName', drives.name],
    ['SessionType', 'Normal'],
    ['AuthMethod', 'None'],
  ]);
  await initiator.command({ cdb: Buffer.alloc(6) });
  await initiator.command({ cdb: Buffer.from('120000002400', 'hex'), read: 36 });
  await initiator.command({ cdb: Buffer.from('2a000000000000000100', 'hex'), write: Buffer.alloc(512, 1) });
  await initiator[Symbol.asyncDispose]();
  drives.device.powerCut(0, 'all');
  const events = records.map((record, n) => ({ ...driveEvent(record, BigInt(n)), n })) as HistoryEvent[];
  assert.deepEqual(events.map(({ kind, node }) => `${kind} ${node}`).slice(0, 4), [
    'disk-nexus node2',
    'disk-command node2',
    'disk-command node2',
    'disk-command node2',
  ]);
  const { header } = sampleHistory([]);
  const text = formatHistory(new History(header, events, sampleEnd()));
  assert.deepEqual(parseHistory(text).events, events);
});
