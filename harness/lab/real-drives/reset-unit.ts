import { within } from '../../vm/index.js';
import { NotApplicable } from '../not-applicable.js';
import type { Programs } from './opened-drive.js';

/**
 * SG_SCSI_RESET of scsi/sg.h on one unit, and on nothing more if that does not work: other disks of this machine must not
 * be touched (SG_SCSI_RESET_NO_ESCALATE).
 */
const RESET = `
use strict;
use warnings;
use Fcntl;
sysopen(my $device, $ARGV[0], O_RDWR | O_NONBLOCK) or die "$!\\n";
ioctl($device, 0x2284, my $what = pack('i', 0x101)) or die "$!\\n";
`;
/** The kernel waits for the adapter, which may take its time. */
const DEADLINE_MS = 60_000;

/** Resets a unit of this machine. Throws NotApplicable when its driver or the rights of this process do not allow it. */
export async function resetUnit(path: string, programs: Programs): Promise<void> {
  const program = await programs.converse(['perl', '-e', RESET, path]);
  let said = '';
  program.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const closed = new Promise((resolve) => program.stderr.once('close', resolve));
  program.stdout.resume();
  program.end();
  const { status } = await within(program.exited, DEADLINE_MS, `a reset of ${path}`);
  if (status === 0) return;
  await within(closed, DEADLINE_MS, 'what the program that resets says');
  throw new NotApplicable(`${path} cannot be reset from here: ${said.trim()} (ioctl SG_SCSI_RESET)`);
}
