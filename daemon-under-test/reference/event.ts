/** What the daemon has to say about itself. */

/** Something worth a line in the daemon's log; `details` are its further fields. */
export interface DaemonEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Takes what is worth a line in the log. */
export type EventSink = (event: DaemonEvent) => void;
