/** Bytes that were written and not acknowledged yet, in pieces as they were written. */
export class SendQueue {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** All that is in it. */
  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** Views of `length` bytes from the byte `from` on, both within what is there. */
  peek(from: number, length: number): Buffer[] {
    const views: Buffer[] = [];
    let skip = from;
    let left = length;
    for (const piece of this.#pieces) {
      if (left === 0) break;
      if (skip >= piece.length) {
        skip -= piece.length;
        continue;
      }
      const view = piece.subarray(skip, skip + left);
      views.push(view);
      left -= view.length;
      skip = 0;
    }
    return views;
  }

  /** Forgets the first `count` bytes. */
  release(count: number): void {
    let left = Math.min(count, this.#bytes);
    this.#bytes -= left;
    let gone = 0;
    for (const [index, piece] of this.#pieces.entries()) {
      if (piece.length > left) {
        if (left > 0) this.#pieces[index] = piece.subarray(left);
        break;
      }
      left -= piece.length;
      gone++;
    }
    if (gone > 0) this.#pieces.splice(0, gone);
  }
}
