/** What tests with LVM leave in a history besides commands and traffic, and questions about it. */
import { z } from 'zod';
import type { CommandEvent, ObservationEvent } from './events.js';
import type { History } from './history.js';
import { LV_DATA, TABLE_REWRITES } from './observations.js';

const rewriteSchema = z.strictObject({
  pid: z.number(),
  /** The command that made the ioctl, e.g. `lvcreate`. */
  program: z.string(),
  /** What was rewritten on its way to the kernel or back, or a mirror's line that was left alone. */
  action: z.enum(['load', 'table', 'status', 'alone']),
  /** Name and UUID of the device-mapper device. */
  device: z.string(),
  uuid: z.string(),
  from: z.string(),
  to: z.exactOptional(z.string()),
  /** Why it was left alone. */
  reason: z.exactOptional(z.string()),
});

/** One line of the table rewriter's log (docs/lvm.md). */
export type TableRewrite = Readonly<z.infer<typeof rewriteSchema>>;

/** Reads the lines that one LVM command left in the table rewriter's log. Throws SyntaxError or ZodError. */
export function parseRewrites(text: string): TableRewrite[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rewriteSchema.parse(JSON.parse(line)));
}

/** All that the table rewriter did in a test, in order, each with the observation that holds it. */
export function tableRewrites(
  history: History,
): { readonly rewrite: TableRewrite; readonly event: ObservationEvent }[] {
  return history.observations(TABLE_REWRITES).flatMap((event) =>
    z
      .array(rewriteSchema)
      .parse(event.value)
      .map((rewrite) => ({ rewrite, event })),
  );
}

/** What was read from a logical volume, beside what must be there. */
export interface DataLook {
  readonly lv: string;
  /** How many writes of the load had ended. */
  readonly writes: number;
  /** Bytes that were compared. */
  readonly bytes: number;
  readonly md5: { readonly expected: string; readonly seen: string };
  /** The first blocks of 4 KiB that are wrong, and what they hold. */
  readonly wrong: readonly string[];
  readonly event: ObservationEvent;
}

/** The comparisons of a volume's data with what was written, in order. */
export function dataLooks(history: History): DataLook[] {
  return history
    .observations(LV_DATA)
    .map((event) => ({ ...(event.value as unknown as Omit<DataLook, 'event'>), event }));
}

/** Commands of LVM of that name, e.g. `lvextend`, in order. */
export function lvmCommands(history: History, ...names: readonly string[]): CommandEvent[] {
  return history.commands().filter(({ argv: [program = ''] }) => names.includes(program));
}
