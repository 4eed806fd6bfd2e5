/** Arming: probes set, readers started, formats read, and proof that a marker comes through. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type ArmStep, RecorderArmError, TraceFormatError } from './errors.js';
import { armScript, sections } from './guest-scripts.js';
import { GROUP, ProbeReader } from './probes.js';
import type { Recorder, RecorderGuest } from './api.js';
import { RingRecorder } from './recorder.js';
import { checkEventHeader, type PageLayout, parseEventFormat, parsePageLayout } from './trace-format.js';

const ARM_DEADLINE_MS = 20_000;
/** Ring buffer of each CPU unless told otherwise: 8 MiB hold some 6,000 requests with their answers. */
export const BUFFER_KIB = 8192;

/** What to record, and where it comes out. */
export interface ArmOptions {
  readonly guest: RecorderGuest;
  /** Host end of /dev/virtio-ports/ulogcheck.recorder.N, one per CPU of the guest, in order. */
  readonly streams: readonly Duplex[];
  /** CPUs of the guest. */
  readonly cpus: number;
  /** Name of the node, for the events. */
  readonly node: string;
  /** Ring buffer of each CPU; default 8192. */
  readonly bufferKiB?: number;
  /** For each step of arming; default 20 s. */
  readonly deadlineMs?: number;
}

/** A guest with all probes set and all readers waiting for a host. Plain data: it may lie beside a snapshot. */
export interface ArmedGuest {
  readonly cpus: number;
  /** Line with which each port begins. */
  readonly preamble: string;
  /** What the arm script printed: the formats of the events. */
  readonly output: string;
}

/** What is armed; the rest is known when somebody listens. */
export type ArmGuestOptions = Pick<ArmOptions, 'guest' | 'cpus' | 'bufferKiB' | 'deadlineMs'>;

/**
 * Sets the probes in the guest and starts the readers, which wait for somebody to connect to their ports. What an
 * earlier recorder left in the guest is removed. The probes record from now on, into the ring buffer.
 * @throws RecorderArmError with the kernel's error_log: no tracefs or kprobes, module not loaded, a probe refused.
 * Whatever the guest session throws when the guest is out of reach.
 */
export async function armGuest(options: ArmGuestOptions): Promise<ArmedGuest> {
  const { guest, cpus, bufferKiB = BUFFER_KIB, deadlineMs = ARM_DEADLINE_MS } = options;
  const preamble = `${GROUP} recording ${randomBytes(8).toString('hex')}`;
  const result = await guest.run(armScript({ cpus, bufferKiB, preamble }), { deadlineMs });
  readArmOutput(result);
  return { cpus, preamble, output: result.stdout };
}

/**
 * Listens to a guest that is armed, and returns once the recording has begun (a marker has come all the way).
 * @throws RecorderArmError when a stream is silent.
 */
export async function attachRecorder(
  armed: ArmedGuest,
  options: Pick<ArmOptions, 'guest' | 'streams' | 'node' | 'deadlineMs'>,
): Promise<Recorder> {
  const { guest, streams, node, deadlineMs = ARM_DEADLINE_MS } = options;
  checkStreams(streams, armed.cpus);
  const { layout, reader } = readArmOutput({ status: 0, stdout: armed.output, stderr: '' });
  const recorder = new RingRecorder({
    guest,
    streams,
    node,
    layout,
    reader,
    preamble: `${armed.preamble}\n`,
  });
  try {
    await recorder.begun(deadlineMs);
  } catch (error) {
    await recorder[Symbol.asyncDispose]();
    throw new RecorderArmError('stream', error instanceof Error ? error.message : String(error), '', {
      cause: error,
    });
  }
  return recorder;
}

/** Arms a guest and listens to it: armGuest and attachRecorder. */
export async function armRecorder(options: ArmOptions): Promise<Recorder> {
  checkStreams(options.streams, options.cpus);
  // The readers' first bytes must wait until their format is known.
  for (const stream of options.streams) stream.pause();
  return await attachRecorder(await armGuest(options), options);
}

function checkStreams(streams: readonly Duplex[], cpus: number): void {
  if (streams.length === cpus && cpus >= 1) return;
  throw new RecorderArmError(
    'port',
    `${streams.length} streams for ${cpus} CPUs: one for each is needed`,
    '',
  );
}

/** Reads what armScript printed: formats, or why it failed. @throws RecorderArmError */
function readArmOutput(result: {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}): { layout: PageLayout; reader: ProbeReader } {
  const parts = sections(result.stdout);
  for (const [name, text] of parts) {
    const step = /^failed (.+)$/.exec(name)?.[1];
    if (step !== undefined)
      throw failure(step as ArmStep, text.trim(), (parts.get('error_log') ?? '').trimEnd());
  }
  if (result.status !== 0 || !parts.has('armed')) {
    const said = (result.stderr.trim() || result.stdout.trim()).slice(-500);
    throw new RecorderArmError(
      'tracefs',
      `the script ended with status ${String(result.status)}: ${said}`,
      '',
    );
  }
  const text = (name: string): string => parts.get(name) ?? '';
  try {
    checkEventHeader(text('header_event'));
    const reader = new ProbeReader({
      consult: parseEventFormat(text('consult')),
      consulted: parseEventFormat(text('consulted')),
      sent: parseEventFormat(text('sent')),
      answered: parseEventFormat(text('answered')),
      print: parseEventFormat(text('print')),
    });
    return { layout: parsePageLayout(text('header_page')), reader };
  } catch (error) {
    if (!(error instanceof TraceFormatError)) throw error;
    throw new RecorderArmError('tracefs', error.message, '', { cause: error });
  }
}

function failure(step: ArmStep, said: string, kernelLog: string): RecorderArmError {
  if (step !== 'module') return new RecorderArmError(step, said, kernelLog);
  return new RecorderArmError(
    'module',
    'the kernel has no function dm_consult_userspace: load the module dm-log-userspace before arming ' +
      `(/sys/module/dm_log_userspace does not exist); ${said}`,
    kernelLog,
  );
}
