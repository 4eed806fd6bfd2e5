import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DISK_LOG, DISK_LOG_BYTES, dirtyRegions, diskLogs, encodeDiskLog } from './disk-log.js';
import { formatHistory } from './write.js';
import { parseHistory } from './read.js';
import { Scenario } from './scenario/index.js';

test('an image survives a history file, with the bits in the order of the fact specification, section 12', () => {
  const bytes = Buffer.alloc(DISK_LOG_BYTES);
  Buffer.from('7252694d020000000c00000000000000', 'hex').copy(bytes);
  bytes[1024] = 0b1111_0111;
  bytes[1025] = 0b0000_0101;
  const s = new Scenario();
  s.observe(
    DISK_LOG,
    encodeDiskLog({ device: '/dev/vdf', number: '254:80', began: 5n, ended: 2n ** 60n, bytes }),
    'image',
  );
  const [image] = diskLogs(parseHistory(formatHistory(s.history())));
  assert.ok(image);
  assert.deepEqual(
    [image.magic, image.version, image.regions, image.device, image.number, image.began, image.ended],
    [true, 2, 12n, '/dev/vdf', '254:80', 5n, 2n ** 60n],
  );
  assert.deepEqual(dirtyRegions(image, 12), [3, 9, 11]);
});
