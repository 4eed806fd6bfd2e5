/**
 * Lets this process go on when a reader of its output went away (`ulogcheck run | head`): what it prints from then
 * on is lost, and its exit status is the real one. Any other trouble with the streams is thrown.
 */
export function outliveReaders() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
