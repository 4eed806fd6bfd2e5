/** Cuts a stream of text into lines, whatever its chunks are. */
export class LineSplitter {
  #rest = '';

  /** What was received behind the last end of line. */
  get rest(): string {
    return this.#rest;
  }

  /** Takes the next chunk and returns the lines that it completes, without LF and the CRs before it. */
  accept(chunk: string): string[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => line.replace(/\r+$/, ''));
  }

  /** The unfinished line, if there is one; nothing follows it. */
  end(): string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest.replace(/\r+$/, '')];
  }
}
