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
/** 8 MiB hold some 6,000 requests with their answers, per CPU. */
const BUFFER_KIB = 8192;

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

/**
 * Sets the probes in the guest, starts to stream, and returns once the recording has begun (a marker has come all
 * the way). What an earlier recorder left in the guest is removed.
 * @throws RecorderArmError with the kernel's error_log: no tracefs or kprobes, module not loaded, a probe refused,
 * the stream silent. Whatever the guest session throws when the guest is out of reach.
 */
export async function armRecorder(options: ArmOptions): Promise<Recorder> {
  const { guest, streams, cpus, node, bufferKiB = BUFFER_KIB, deadlineMs = ARM_DEADLINE_MS } = options;
  if (streams.length !== cpus || cpus < 1) {
    throw new RecorderArmError(
      'port',
      `${streams.length} streams for ${cpus} CPUs: one for each is needed`,
      '',
    );
  }
  const preamble = `${GROUP} recording ${randomBytes(8).toString('hex')}`;
  // The readers' first bytes must wait until their format is known.
  for (const stream of streams) stream.pause();
  const result = await guest.run(armScript({ cpus, bufferKiB, preamble }), { deadlineMs });
  const { layout, reader } = readArmOutput(result);
  const recorder = new RingRecorder({ guest, streams, node, layout, reader, preamble: `${preamble}\n` });
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
