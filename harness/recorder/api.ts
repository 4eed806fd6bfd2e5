/** What the rest of the harness sees of a recording. */
import type { EndEvent } from '../history/index.js';
import type { MarkerEvent, RecordedEvent } from './events.js';

/** What the recorder needs of a guest session: commands, by shell text. */
export interface RecorderGuest {
  run(
    text: string,
    options?: { readonly deadlineMs?: number },
  ): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** How the recording ended: the last line of a history without its kind. */
export type RecordingEnd = Omit<EndEvent, 'kind'>;

/** A recording that goes on. */
export interface Recorder extends AsyncDisposable {
  /** Guest file: each line written to it becomes a MarkerEvent (at most 1000 bytes, not beginning with `ulogcheck:`). */
  readonly markerPath: string;
  /** Receives all events from the beginning on, in order of time; what came before the first listener is kept for it. */
  onEvent(listener: (event: RecordedEvent) => void): void;
  /**
   * Waits until the marker, and with it everything before it, was delivered to the listeners.
   * Throws RecorderStreamError when it does not come within the deadline or the recording broke.
   */
  waitForMarker(text: string, deadlineMs: number): Promise<MarkerEvent>;
  /**
   * Takes the probes away, waits until the last event has arrived, and compares with the kernel's own counts.
   * Never throws: a recording that broke is `truncated`, with the reason. Later calls return the same.
   * `guestDied` (e.g. "kernel panic") says that asking the guest is of no use: truncated at once, for that reason.
   */
  stop(guestDied?: string): Promise<RecordingEnd>;
  /**
   * Ends the recording together with the guest. Everything up to the call is fetched, and held against the kernel's
   * counts; then `cut` ends the guest, and what has come out of it by then is the end of the recording. What it did
   * between these two moments may be missing. Never throws, but what `cut` throws; `stop` returns the same from then on.
   */
  powerCut(cut: () => Promise<void>): Promise<RecordingEnd>;
}
