/**
 * The door to Node's own event loop, for a thread that blocks elsewhere.
 *
 * The daemon blocks in poll(2) on its socket, so that a request costs no round through libuv. libuv offers its
 * epoll descriptor for exactly that (uv_backend_fd): it becomes readable when the loop has something to do,
 * such as a signal to deliver. One thread then serves both, without the third of a second that a worker thread
 * costs at start-up on an emulated CPU.
 */
import koffi from 'koffi';
import { checked } from './libc.js';

/** Descriptor that is readable while the event loop of the main thread has I/O or signals to handle. */
export function eventLoopFd(): number {
  const program = koffi.load(null);
  const defaultLoop = program.func('void *uv_default_loop()') as () => unknown;
  const backendFd = program.func('int uv_backend_fd(void *loop)') as (loop: unknown) => number;
  return checked('uv_backend_fd', backendFd(defaultLoop()));
}

/** Lets the event loop go round once: signal handlers run, and new watchers reach its descriptor. */
export function turnEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
