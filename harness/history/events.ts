/**
 * The lines of a history file: one header, events, one end. The schemas are codecs between the JSON form and
 * the form in memory (bigint, Uint8Array); docs/history.schema.json is generated from them.
 */
import { z } from 'zod';
import { FINDING_KINDS } from '../kernel-log/index.js';
import { hexBytes, hexU64, nanoseconds } from './codecs.js';
import {
  diskCommandSchema,
  diskNexusSchema,
  diskPowerCutSchema,
  diskClockSchema,
  diskProfileSchema,
  diskResetSchema,
  lockAnswerSchema,
  lockCallSchema,
} from './disk-events.js';

/** Version of the file format; a reader refuses every other. */
export const HISTORY_SCHEMA_VERSION = 1;

const text = z.string();
const u32 = z.uint32();

const headerSchema = z
  .strictObject({
    kind: z.literal('header'),
    schemaVersion: z.literal(HISTORY_SCHEMA_VERSION),
    test: text.describe('Title of the test'),
    ids: z.array(text).describe('Requirements that the test is about'),
    underTest: z.enum(['daemon', 'kernel', 'drive']).describe('The side whose deviations are failures'),
    kernel: text.describe('Kernel release'),
    daemon: text.describe("Name of the daemon profile, 'puppet' (docs/puppet.md), or 'none'"),
    node: text.describe('Name of the node that started the test'),
    userland: text,
    lvm: z
      .exactOptional(z.enum(['stock', 'clustered']))
      .describe('LVM of the nodes (docs/lvm.md); absent means stock'),
    seed: z.int(),
    started: text.describe('Wall-clock time, ISO 8601'),
    clock: z
      .enum(['guest-monotonic', 'host-monotonic'])
      .describe(
        'What every t counts: CLOCK_MONOTONIC of the first node, or of this machine for its real drives',
      ),
  })
  .meta({ title: 'header', description: 'First line of a history' });

const base = {
  n: z.uint32().describe('Number of the event: 0, 1, 2... in the order of the lines'),
  t: nanoseconds.describe('Guest CLOCK_MONOTONIC, ns'),
  node: text.describe('Node where it happened'),
};
const tid = z.int32().describe('Thread that made the call');
const call = z.int().nonnegative().describe('Number of the call of dm_consult_userspace, unique per node');
const luid = hexU64.describe('The kernel address that names the log instance');
const connector = z
  .strictObject({ seq: u32, ack: u32, len: z.uint32().max(0xffff), flags: z.uint32().max(0xffff) })
  .describe('Fields of the cn_msg header');

const requestSchema = z
  .strictObject({
    kind: z.literal('request'),
    ...base,
    tid,
    call,
    uuid: text,
    luid,
    type: u32.describe('request_type, raw'),
    dataSize: u32.describe('Payload bytes'),
  })
  .meta({ title: 'request', description: 'Entry of dm_consult_userspace: the kernel wants an answer' });

const transmissionSchema = z
  .strictObject({
    kind: z.literal('transmission'),
    ...base,
    tid,
    call: call.nullable().describe('The call that it belongs to, null when the recorder cannot know'),
    seq: u32,
    uuid: text,
    luid,
    version: u32,
    type: u32.describe('request_type, raw'),
    error: z.int32(),
    dataSize: u32,
    payload: hexBytes,
    connector,
  })
  .meta({
    title: 'transmission',
    description: 'cn_netlink_send for id 7:1, resends and failed sends included',
  });

const replySchema = z
  .strictObject({
    kind: z.literal('reply'),
    ...base,
    tid: tid.describe('Thread of the daemon that sent it'),
    form: z
      .enum(['full', 'ack', 'malformed'])
      .describe('full: cn.len >= 160; ack: cn.len = 0; malformed: in between'),
    seq: u32.describe('Of the request structure; form ack: of the cn_msg'),
    ack: u32,
    error: z.int32().describe('Negative errno or 0; form ack: -ack'),
    dataSize: u32,
    payload: hexBytes,
    connector,
    uuid: z.exactOptional(text),
    luid: z.exactOptional(luid),
    type: z.exactOptional(u32),
  })
  .meta({
    title: 'reply',
    description: 'Entry of cn_ulog_callback: a reply reached the kernel, wanted or not',
  });

const returnSchema = z
  .strictObject({
    kind: z.literal('return'),
    ...base,
    tid,
    call,
    result: z.int32().describe('What dm_consult_userspace returned: 0, or an errno'),
  })
  .meta({ title: 'return', description: 'Return of dm_consult_userspace' });

const commandSchema = z
  .strictObject({
    kind: z.literal('command'),
    ...base,
    argv: z.array(text),
    status: z.int().nullable().describe('Exit status; null when it did not exit by itself'),
    stdout: text,
    stderr: text,
    end: nanoseconds.describe('When it ended, same clock; t is when it started'),
    outcome: z
      .enum(['exited', 'stalled', 'signalled', 'power-cut'])
      .describe('stalled: still running at its deadline; power-cut: when the power of its node was cut'),
  })
  .meta({ title: 'command', description: 'A command that the test ran in the guest' });

const subjectSchema = z
  .strictObject({
    kind: z.literal('subject'),
    ...base,
    action: z.enum(['started', 'ready', 'stopped', 'killed', 'frozen', 'thawed', 'exited']),
    detail: text,
  })
  .meta({ title: 'subject', description: 'Something happened to the daemon process' });

const observationSchema = z
  .strictObject({
    kind: z.literal('observation'),
    ...base,
    evidence: z.enum(['image', 'ioctl', 'log']),
    name: text.describe("What was looked at; 'table' holds lines of `dmsetup table`"),
    value: z.json(),
  })
  .meta({
    title: 'observation',
    description: 'Something that the test looked at, such as a comparison of legs',
  });

const findingSchema = z
  .strictObject({
    kind: z.literal('finding'),
    ...base,
    finding: z.enum(FINDING_KINDS),
    title: text.describe('What happened, the same for the same crash'),
    text: text.describe("The kernel's whole report, without printk's times"),
  })
  .meta({ title: 'finding', description: 'The kernel reported something about itself on its console' });

const eventSchema = z.discriminatedUnion('kind', [
  requestSchema,
  transmissionSchema,
  replySchema,
  returnSchema,
  commandSchema,
  subjectSchema,
  observationSchema,
  findingSchema,
  diskCommandSchema,
  diskNexusSchema,
  diskResetSchema,
  diskPowerCutSchema,
  diskClockSchema,
  diskProfileSchema,
  lockCallSchema,
  lockAnswerSchema,
]);

const endSchema = z
  .strictObject({
    kind: z.literal('end'),
    overruns: z.int().nonnegative().describe('Events lost because a ring buffer was full'),
    missed: z.int().nonnegative().describe('Probe hits that the kernel counted as missed'),
    truncated: z.boolean().describe('The recording stopped before the test did'),
    reason: text.describe('Why it ended'),
  })
  .meta({ title: 'end', description: 'Last line of a history; one without it is truncated' });

export const lineSchema = z
  .discriminatedUnion('kind', [headerSchema, ...eventSchema.options, endSchema])
  .meta({
    title: 'ulogcheck history, one line',
    description: 'A history file is JSON lines, each of this form',
  });

/** In memory the members of a history never change; edits make new ones. */
type Frozen<S extends z.ZodType> = Readonly<z.output<S>>;

export type HistoryHeader = Frozen<typeof headerSchema>;
export type RequestEvent = Frozen<typeof requestSchema>;
export type TransmissionEvent = Frozen<typeof transmissionSchema>;
export type ReplyEvent = Frozen<typeof replySchema>;
export type ReturnEvent = Frozen<typeof returnSchema>;
export type CommandEvent = Frozen<typeof commandSchema>;
export type SubjectEvent = Frozen<typeof subjectSchema>;
export type ObservationEvent = Frozen<typeof observationSchema>;
export type FindingEvent = Frozen<typeof findingSchema>;
export type DiskCommandEvent = Frozen<typeof diskCommandSchema>;
export type DiskNexusEvent = Frozen<typeof diskNexusSchema>;
export type DiskResetEvent = Frozen<typeof diskResetSchema>;
export type DiskPowerCutEvent = Frozen<typeof diskPowerCutSchema>;
export type DiskClockEvent = Frozen<typeof diskClockSchema>;
export type DiskProfileEvent = Frozen<typeof diskProfileSchema>;
export type LockCallEvent = Frozen<typeof lockCallSchema>;
export type LockAnswerEvent = Frozen<typeof lockAnswerSchema>;
export type EndEvent = Frozen<typeof endSchema>;

/** What disks tell of themselves. */
export type DiskEvent = DiskCommandEvent | DiskNexusEvent | DiskResetEvent | DiskPowerCutEvent;

/** Everything that has a time and a number. */
export type HistoryEvent =
  | RequestEvent
  | TransmissionEvent
  | ReplyEvent
  | ReturnEvent
  | CommandEvent
  | SubjectEvent
  | ObservationEvent
  | FindingEvent
  | DiskEvent
  | DiskClockEvent
  | DiskProfileEvent
  | LockCallEvent
  | LockAnswerEvent;

type WithoutNumber<E> = E extends HistoryEvent ? Omit<E, 'n'> : never;

/** An event that has no number yet: the writer gives it one. */
export type NewEvent = WithoutNumber<HistoryEvent>;

/** Any JSON value, as observations carry it. */
export type JsonValue = ObservationEvent['value'];

/** One line of the file, in memory form. */
export type HistoryLine = Frozen<typeof lineSchema>;
