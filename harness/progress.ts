/** What a long step is doing, in the order in which a run meets them. */
export type ProgressStage = 'setup' | 'fetch' | 'build' | 'boot' | 'test' | 'clean';

/** One line of "what is happening": a step began, or ended after `ms` milliseconds. */
export type ProgressEvent =
  | { readonly kind: 'begin'; readonly stage: ProgressStage; readonly what: string }
  | {
      readonly kind: 'end';
      readonly stage: ProgressStage;
      readonly what: string;
      readonly ms: number;
      readonly detail?: string;
    };

/** Receives progress; only terminal printers and reporters implement it. */
export type ProgressSink = (event: ProgressEvent) => void;

/** Runs `step` between its begin and end events; a step that throws has no end event. */
export async function withProgress<T>(
  sink: ProgressSink,
  stage: ProgressStage,
  what: string,
  step: () => Promise<T>,
  detail?: (result: T) => string,
): Promise<T> {
  sink({ kind: 'begin', stage, what });
  const started = performance.now();
  const result = await step();
  const end = { kind: 'end', stage, what, ms: performance.now() - started } as const;
  sink(detail === undefined ? end : { ...end, detail: detail(result) });
  return result;
}
