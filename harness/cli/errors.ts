import { EXIT } from '../results/exit-codes.js';

/** The command line asks for something that does not exist or cannot be; exit status 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The user ended the run; exit status 130. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** Errors whose text says what was wrong with what the user gave, and what would be right. */
const USAGE_ERRORS = new Set([
  'UsageError',
  'SelectionError',
  'OutDirectoryError',
  'DriveRefused',
  'DefinitionError',
  'CatalogueError',
  'ProfileError',
  'NoKeptNode',
  'UnknownKernelError',
  'KernelSpecError',
  'HistoryFormatError',
  'ArchiveError',
  'ResultsError',
  'CompatibilityError',
  'BaselineError',
]);

/** Errors whose text is written for people; anything else is a defect of ulogcheck and shows its stack. */
const INFRA_ERRORS = new Set([
  'PackageError',
  'CacheError',
  'LockError',
  'ToolError',
  'InfraError',
  'IscsiTargetError',
  'BootError',
  'DeadlineError',
  'OwnedSpawnError',
  'OwnedCommandError',
  'ImageError',
  'KernelLacksError',
  'KernelError',
  'KernelImageError',
  'GuestUnreachable',
  'GuestCommandError',
  'GuestCommandStalled',
  'QmpClosedError',
  'QmpCommandError',
  'RecorderArmError',
  'JudgeError',
  'SubjectNotReady',
]);

/** What to print for an error, and the exit status that it means. */
export interface Explained {
  readonly text: string;
  readonly status: number;
}

/** Explains what ended a command: bad usage 64, interrupted 130, everything else 69. */
export function explainError(error: unknown): Explained {
  if (!(error instanceof Error)) return { text: String(error), status: EXIT.infra };
  if (USAGE_ERRORS.has(error.name)) return { text: error.message, status: EXIT.usage };
  if (error.name === 'InterruptedError') return { text: error.message, status: EXIT.interrupted };
  if (INFRA_ERRORS.has(error.name)) return { text: error.message, status: EXIT.infra };
  return { text: `a defect of ulogcheck: ${error.stack ?? error.message}`, status: EXIT.infra };
}
