import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GuestUnreachable, type RunningCommand, shellCommand, shellQuote } from '../guest/index.js';
import type { ProgramSpec } from '../plan/program.js';
import { PROGRAM_OBSERVATION, type ProgramObservation } from '../results/judge-program.js';
import type { ProgramEnding } from '../tap/index.js';
import { DeadlineError, within } from '../vm/index.js';
import type { Node } from './node.js';
import type { Recording } from './recording.js';

/** Where the program's process id is in the node; it leads a process group of its own, as the agent starts it. */
const PID_FILE = '/run/ulogcheck-program.pid';

/** More output than this ends the program: results do not take that much, and it is all kept in the history. */
const OUTPUT_LIMIT = 4 * 1024 * 1024;

/** How long something may take that should be there at once. */
const PATIENCE_MS = 10_000;

/** As many last characters of stderr go into the history. */
const STDERR_TAIL = 2000;

/** The node, or the session into it, went away while the program ran. */
class NodeLost extends Error {
  override readonly name = 'NodeLost';
}

/** The program printed more than {@link OUTPUT_LIMIT}. */
class TooMuchOutput extends Error {
  override readonly name = 'TooMuchOutput';
}

/**
 * One run of a program in a node. What it prints is in the log on the host as soon as it arrives, so that it outlives
 * the node; how it ended is in the history, together with what it printed, so that it can be judged from there.
 */
export class ProgramRun {
  readonly #log: WriteStream;
  readonly #decoder = new TextDecoder();
  #stdout = '';
  #bytes = 0;
  #stderr = '';
  #stderrLine = '';
  #begun = false;
  #ending: ProgramEnding | undefined;
  #overflow: (error: Error) => void = () => undefined;
  readonly #overflowed = new Promise<never>((_resolve, reject) => (this.#overflow = reject));

  /**
   * @param disks what the node's disks are called, in the order in which they were plugged in: the program finds the
   * device of `leg0` in the variable ULOGCHECK_LEG0
   * @param logPath file on the host for stdout as it is, and for the lines of stderr with `stderr: ` in front
   */
  constructor(
    private readonly program: ProgramSpec,
    private readonly node: Pick<Node, 'session' | 'vm' | 'disks'>,
    private readonly disks: readonly string[],
    private readonly recording: Pick<Recording, 'now' | 'observe'>,
    logPath: string,
  ) {
    this.#log = createWriteStream(logPath);
    this.#overflowed.catch(() => undefined); // awaited only while the program runs
  }

  /** Why the program's end was not seen, if so. */
  get lost(): string | undefined {
    return this.#ending?.kind === 'lost' ? this.#ending.reason : undefined;
  }

  /** Lays the files into the node, runs the program and waits for its end or its deadline. */
  async run(): Promise<void> {
    const { session } = this.node;
    for (const { from, to, mode } of this.program.files ?? []) {
      await session.succeed(['mkdir', '-p', dirname(to)]);
      await session.writeFile(to, await readFile(from), mode);
    }
    await this.recording.now();
    this.recording.observe('log', 'program-started', shellCommand(this.program.command));
    const command = `echo $$ > ${PID_FILE}; exec ${shellCommand(this.program.command)} </dev/null`;
    this.#begun = true;
    let ending: ProgramEnding;
    try {
      const running = await session.start(command, { ...this.#devices(), ...this.program.env });
      ending = await this.#follow(running);
    } catch (error) {
      if (!(error instanceof GuestUnreachable) && !(error instanceof NodeLost)) throw error;
      ending = { kind: 'lost', reason: error.message };
    }
    // The end has its place in time, if there is still somebody who tells the time.
    if (ending.kind !== 'lost') await this.recording.now();
    this.#finish(ending);
  }

  /** Records what came until now, unless the end is recorded already: nothing more is to come. Closes the log. */
  async settle(): Promise<void> {
    if (this.#begun) this.#finish({ kind: 'lost', reason: 'the node died while the program ran' });
    if (!this.#log.writableEnded) await new Promise<void>((resolve) => this.#log.end(resolve));
  }

  #devices(): Record<string, string> {
    const named = this.node.disks.map((device, index) => [this.disks[index], device] as const);
    return Object.fromEntries(
      named.flatMap(([name, device]) =>
        name === undefined ? [] : [[`ULOGCHECK_${name.toUpperCase()}`, device]],
      ),
    );
  }

  async #follow(running: RunningCommand): Promise<ProgramEnding> {
    const { deadlineMs } = this.program;
    const drained = new Promise<void>((resolve) =>
      running.stdout.once('end', resolve).once('close', resolve),
    );
    running.stdout.on('data', (chunk: Buffer) => this.#accept(chunk));
    running.stderr.on('data', (chunk: Buffer) => this.#complain(chunk.toString('utf8')));
    const gone = this.node.vm.exited().then((how) => {
      throw new NodeLost(how);
    });
    gone.catch(() => undefined); // also when the test is long over
    try {
      const { status, signal } = await within(
        Promise.race([running.exited, gone, this.#overflowed]),
        deadlineMs,
        'the program to end',
      );
      if (status === null && signal === 'LOST') throw new NodeLost('the session with the node ended');
      // Whoever the program left behind may hold its output open: then this is all.
      await within(drained, PATIENCE_MS, 'the end of the output').catch(() => undefined);
      return status === null
        ? { kind: 'signalled', signal: signal ?? 'an unknown signal' }
        : { kind: 'exited', status };
    } catch (error) {
      if (!(error instanceof DeadlineError) && !(error instanceof TooMuchOutput)) throw error;
      await this.#kill(running);
      return error instanceof TooMuchOutput
        ? { kind: 'too-much-output', bytes: OUTPUT_LIMIT }
        : { kind: 'deadline', deadlineMs };
    }
  }

  /** SIGKILL to its whole process group. What hangs in the kernel does not go; nobody waits for that for long. */
  async #kill(running: RunningCommand): Promise<void> {
    // `kill -KILL -- -1`, as bash takes it, is refused by dash.
    const kill = `kill -s KILL -- -$(cat ${shellQuote(PID_FILE)})`;
    const killed = this.node.session.succeed(kill).then(() => running.exited);
    await within(killed, PATIENCE_MS, 'the program to die of SIGKILL').catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      this.#complain(`(the harness: ${error.message})\n`);
    });
  }

  #accept(chunk: Buffer): void {
    if (this.#ending !== undefined) return;
    const room = OUTPUT_LIMIT - this.#bytes;
    const taken = chunk.subarray(0, room);
    this.#bytes += taken.length;
    this.#log.write(taken);
    this.#stdout += this.#decoder.decode(taken, { stream: true });
    if (chunk.length > room) this.#overflow(new TooMuchOutput(`more than ${OUTPUT_LIMIT} bytes`));
  }

  #complain(text: string): void {
    if (this.#ending !== undefined) return;
    this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
    const lines = (this.#stderrLine + text).split('\n');
    this.#stderrLine = (lines.pop() ?? '').slice(-STDERR_TAIL);
    this.#bytes += text.length;
    if (this.#bytes > OUTPUT_LIMIT) this.#overflow(new TooMuchOutput(`more than ${OUTPUT_LIMIT} bytes`));
    else for (const line of lines) this.#log.write(`stderr: ${line}\n`);
  }

  #finish(ending: ProgramEnding): void {
    if (this.#ending !== undefined) return;
    if (this.#stderrLine !== '') this.#complain('\n');
    this.#stdout += this.#decoder.decode();
    this.#ending = ending;
    const { command, format } = this.program;
    const observed: ProgramObservation = {
      ...{ command: [...command], format, stdout: this.#stdout, stderr: this.#stderr, ending },
    };
    this.recording.observe('log', PROGRAM_OBSERVATION, observed);
  }
}
