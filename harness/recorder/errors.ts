/** Something between the kernel's trace files and our reading of them does not fit; says where and what. */
export class TraceFormatError extends Error {
  override readonly name = 'TraceFormatError';
}

/** What arming was doing when it failed. */
export type ArmStep = 'tracefs' | 'kprobes' | 'tools' | 'port' | 'instance' | 'module' | 'probe' | 'stream';

/** The recorder could not be armed; without it there is no verdict. */
export class RecorderArmError extends Error {
  override readonly name = 'RecorderArmError';

  constructor(
    readonly step: ArmStep,
    problem: string,
    /** The kernel's own words: tracefs error_log, or ''. */
    readonly kernelLog: string,
    options?: ErrorOptions,
  ) {
    const log = kernelLog === '' ? '' : `\nthe kernel's error_log says:\n${kernelLog}`;
    super(`cannot arm the recorder (${step}): ${problem}${log}`, options);
  }
}

/** The recorder does not, or no longer, deliver what was waited for. */
export class RecorderStreamError extends Error {
  override readonly name = 'RecorderStreamError';
}
