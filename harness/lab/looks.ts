/** Looks into a node that are no traffic of the log. Each is recorded as an observation. */
import type { GuestSession } from '../guest/index.js';
import { KERNEL_LOG, LEG_BLOCKS } from '../history/index.js';
import { PATTERN_BLOCKS, PATTERN_PATH, WRITE_BYTES } from './write-scripts.js';
import type { Recording } from './recording.js';

/** Lines of the kernel's log since boot that match. */
export async function lookAtKernelLog(
  guest: GuestSession,
  recording: Recording,
  pattern: RegExp,
): Promise<string[]> {
  const lines = (await guest.succeed('dmesg')).split('\n').filter((line) => pattern.test(line));
  await recording.now();
  recording.observe('log', KERNEL_LOG, { pattern: pattern.source, lines });
  return lines;
}

/**
 * Whether each leg holds the data of a test write at the start of a region, past the page cache. `regionSectors` is
 * the region size in sectors.
 */
export async function lookAtLegs(
  guest: GuestSession,
  recording: Recording,
  legs: readonly string[],
  region: number,
  regionSectors: number,
): Promise<boolean[]> {
  const skip = (region * regionSectors * 512) / WRITE_BYTES;
  const block = `bs=${WRITE_BYTES} count=1 status=none`;
  const expected = `dd if=${PATTERN_PATH} skip=${region % PATTERN_BLOCKS} ${block} | md5sum`;
  const seen = legs.map((leg) => `dd if=${leg} iflag=direct skip=${skip} ${block} | md5sum`);
  const [wanted, ...sums] = (await guest.succeed([expected, ...seen].join('; '))).trim().split('\n');
  const written = sums.map((sum) => sum === wanted);
  await recording.now();
  recording.observe('image', LEG_BLOCKS, { region, written });
  return written;
}
