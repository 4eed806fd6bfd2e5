/** A real drive of this machine as a run has it, and what its owner says of it (docs/real-drives.md). */
import { z } from 'zod';

const count = z.int().positive().max(100_000);

/** `--drive-profile`: what differs between drives and nobody can ask them. */
export const driveProfileSchema = z.strictObject({
  /** How many entries, hosts, and hosts of one mutex fit in (spec idm 6.4). */
  limits: z
    .strictObject({ entries: count, hosts: count, hostsOfMutex: count })
    .default({ entries: 128, hosts: 32, hostsOfMutex: 32 }),
  leases: z
    .strictObject({
      /** Real seconds that a second of a test's leases takes. */
      factor: z.number().positive().max(10).default(0.05),
      /** By how much of itself a lease may be wrong. */
      slackPercent: z.number().min(1).max(40).default(10),
    })
    .default({ factor: 0.05, slackPercent: 10 }),
  /** False: a drive that lacks VPD page C3h, by which others are known to have mutexes (spec idm 4), is asked for them. */
  versionPage: z.boolean().default(true),
});
export type DriveProfile = Readonly<z.infer<typeof driveProfileSchema>>;

/** Who a drive is, as it says itself. */
export const driveIdentitySchema = z.strictObject({
  /** Of its SCSI generic device. */
  path: z.string(),
  vendor: z.string(),
  product: z.string(),
  revision: z.string(),
  serial: z.string(),
  /** `naa.5000c500…`, or the kind and the hex digits of another designator; empty: it names none. */
  wwn: z.string(),
  /** Major version in VPD page C3h; null: it has no such page. */
  version: z.int().nullable(),
});
export type DriveIdentity = Readonly<z.infer<typeof driveIdentitySchema>>;

/** A drive of a run. */
export const realDriveSchema = driveIdentitySchema.extend({ profile: driveProfileSchema });
export type RealDrive = Readonly<z.infer<typeof realDriveSchema>>;

/** What results call it. */
export function driveName({ vendor, product, revision }: DriveIdentity): string {
  return [vendor, product, revision].filter((part) => part !== '').join(' ') || 'a drive without a name';
}
