import { z } from 'zod';
import { TIERS } from './definition.js';
import { LVMS } from './lvm.js';

/** The options of a run as they took effect, so that a failure can be reproduced. */
export const askedOptionsSchema = z.strictObject({
  /** As given to `--kernel`. */
  kernels: z.array(z.string()),
  daemon: z.string(),
  userland: z.string(),
  /** Absent means stock. */
  lvm: z.exactOptional(z.enum(LVMS)),
  tier: z.enum(TIERS),
  grep: z.array(z.string()),
  strict: z.boolean(),
  /** A debugger was attached, which no time of the run survives. */
  gdb: z.exactOptional(z.literal(true)),
  /** As given to `--drive`: the tests ran on real drives of this machine. */
  drives: z.exactOptional(z.array(z.string()).min(1)),
});
export type AskedOptions = Readonly<z.infer<typeof askedOptionsSchema>>;

/** Which part of a run this machine does: the `index`-th of `total`, from 1. */
export const shardSchema = z.strictObject({
  index: z.int().positive(),
  total: z.int().positive(),
  /** Changes whenever one of the kernels or tests of all shards does. */
  whole: z.string(),
});
export type Shard = Readonly<z.infer<typeof shardSchema>>;

/** Suites whose kernels patterns did not consider, and why in one line. */
export const suitesLeftOutSchema = z.array(z.strictObject({ suite: z.string(), reason: z.string() }));

/** What `ulogcheck run` was asked, and of which suite: what a run must agree on with its continuation and its shards. */
export const askedSchema = z.strictObject({
  suite: z.strictObject({ name: z.string(), version: z.string() }),
  /** Of the compiled suite, which changes more often than its version. */
  suiteDigest: z.string(),
  catalogue: z.strictObject({ requirements: z.int().positive(), digest: z.string() }),
  started: z.iso.datetime(),
  argv: z.array(z.string()),
  options: askedOptionsSchema,
  /** Absolute path of `--qemu`. */
  qemu: z.exactOptional(z.string()),
  suitesLeftOut: z.exactOptional(suitesLeftOutSchema),
  shard: z.exactOptional(shardSchema),
});
export type Asked = Readonly<z.infer<typeof askedSchema>>;
