import type { Lack } from './config.js';

/** Nobody knows an asked kernel; the message says what would be right. */
export class UnknownKernelError extends Error {
  override name = 'UnknownKernelError';
}

/** What should be a kernel gives nothing that boots here; the message says what is missing or damaged. */
export class KernelError extends Error {
  override name = 'KernelError';
}

/**
 * A kernel was built without something that the nodes need, so that nothing can be said about it; the message names
 * the options.
 */
export class KernelLacksError extends Error {
  override name = 'KernelLacksError';
  constructor(
    /** What `uname -r` says. */
    readonly release: string,
    /** e.g. `CONFIG_PVH`. */
    readonly options: readonly string[],
    message: string,
  ) {
    super(message);
  }

  /** Of needs that the kernel's .config does not meet. */
  static of(release: string, lacks: readonly Lack[]): KernelLacksError {
    const options = lacks.map(({ need }) => need.option);
    const lines = lacks.map(({ wanted, need }) => `  ${wanted}: ${need.why}; without it: ${need.without}`);
    return new KernelLacksError(
      release,
      options,
      `kernel ${release} lacks ${options.join(', ')}: build it with\n${lines.join('\n')}`,
    );
  }
}
