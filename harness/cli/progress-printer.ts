import type { ProgressEvent, ProgressSink } from '../progress.js';
import { duration, type Style } from '../../reports/style.js';

/** What progress is printed to. */
export interface LineStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

function lineOf(event: ProgressEvent, { colors }: Style): string {
  const begun = `${event.stage.padEnd(5)}  ${event.what}`;
  if (event.kind === 'begin') return `${colors.dim(begun)} …`;
  const detail = event.detail === undefined ? '' : `: ${event.detail}`;
  return `${begun}${detail} ${colors.dim(`(${duration(event.ms)})`)}`;
}

/**
 * Prints what is being done. On a terminal the line of a step is replaced when the step ends; elsewhere it has
 * a line for its begin and one for its end, so that a log shows what hangs.
 */
export function progressPrinter(stream: LineStream, style: Style): ProgressSink {
  let open: string | undefined;
  return (event) => {
    const line = lineOf(event, style);
    if (stream.isTTY !== true) {
      stream.write(`${line}\n`);
      return;
    }
    const sameStep = open === event.what && event.kind === 'end';
    // \r and "erase to the end of the line" (ECMA-48 EL) replace the line; another step begins below it.
    stream.write(sameStep ? `\r\u001b[K${line}` : open === undefined ? line : `\n${line}`);
    open = event.kind === 'begin' ? event.what : undefined;
    if (event.kind === 'end') stream.write('\n');
  };
}
