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
  // Through a file: a pipe would hide that dd failed, and "not written" would be said of a leg that nobody read.
  const sum = (words: string): string => `dd ${words} of=/run/looked ${block} && md5sum < /run/looked`;
  const expected = sum(`if=${PATTERN_PATH} skip=${region % PATTERN_BLOCKS}`);
  const seen = legs.map((leg) => sum(`if=${leg} iflag=direct skip=${skip}`));
  const [wanted, ...sums] = (await guest.succeed([expected, ...seen].join(' && '))).trim().split('\n');
  const written = sums.map((own) => own === wanted);
  await recording.now();
  recording.observe('image', LEG_BLOCKS, { region, written });
  return written;
}
