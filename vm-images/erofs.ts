import type { ImageTools } from '../harness/setup/packages-tools.js';
import { runTool } from '../harness/setup/packages-tool.js';

/** Any fixed value: images are told apart by their path in the cache, not by their UUID. */
const UUID = '756c6f67-6368-4563-8b00-000000000000';

/**
 * Packs a directory into an erofs image whose bytes depend on names, modes, contents and links only: one owner
 * (root), one time (0), one UUID, no extended attributes. Not compressed: unpacking would cost the guest more
 * under TCG than reading.
 */
export async function packErofs(tools: ImageTools, directory: string, image: string): Promise<void> {
  await runTool(tools.mkfsErofs, ['--quiet', '-T0', `-U${UUID}`, '-x-1', '--all-root', image, directory]);
}
