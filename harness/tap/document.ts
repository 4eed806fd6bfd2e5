import { Parser, type FinalResults, type Result } from 'tap-parser';

/** As many lines of what a program says about a result are kept, the last ones. */
const DIAGNOSTIC_LINES = 40;

/** Lines that may say something about a result. */
export class Diagnostic {
  readonly #lines: string[] = [];

  add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
    this.#lines.splice(0, this.#lines.length - DIAGNOSTIC_LINES);
  }

  /** Gives the lines away. */
  take(): string[] {
    return this.#lines.splice(0);
  }

  get text(): string {
    return this.#lines.join('\n').trimEnd();
  }
}

/** One result line and what belongs to it. */
export interface Point {
  /** The line, without what stands in front. */
  readonly line: string;
  readonly diagnostic: Diagnostic;
  /** Documents of nested results. */
  readonly nested: Document[];
}

/** Results of one level, under one plan. */
export interface Document {
  /** Columns in front of its lines. */
  readonly width: number;
  /** From a comment `# Subtest: name`. */
  name: string | undefined;
  readonly points: Point[];
  /** The plan's line, and how many points were there before it. */
  plan: { readonly line: string; readonly after: number } | undefined;
  /** Reason of a bail-out, perhaps empty. */
  bail: string | undefined;
  /** What is wrong with the order of its lines. */
  readonly disorder: string[];
  /** Nested documents and comments whose result line has not come yet. */
  readonly waiting: Document[];
  readonly comments: Diagnostic;
  /** A point that ends with `{`: what is nested comes after it. */
  open: Point | undefined;
}

/** A document without any line. */
export function emptyDocument(width: number): Document {
  return {
    width,
    name: undefined,
    points: [],
    plan: undefined,
    bail: undefined,
    disorder: [],
    waiting: [],
    comments: new Diagnostic(),
    open: undefined,
  };
}

/** What tap-parser makes of the lines of one document. */
export interface FlatDocument {
  /** One for each point, in the same order. */
  readonly points: readonly Result[];
  readonly final: FinalResults;
  /** Whether there is a plan that is one. */
  readonly planned: boolean;
}

/**
 * Lets tap-parser read one document, without what is nested. The plan goes in last wherever it stood: tap-parser
 * takes no results after one in the middle, nor after `1..0`, and no result must be lost.
 */
export function readFlat({ points, plan }: Document): FlatDocument {
  const read: Result[] = [];
  const plans: unknown[] = [];
  const parser = new Parser();
  parser.on('assert', (result: Result) => read.push(result));
  parser.on('plan', (found: unknown) => plans.push(found));
  const lines = points.map(({ line }) => line);
  if (plan !== undefined) lines.push(plan.line);
  parser.end(lines.map((line) => `${line}\n`).join(''));
  if (parser.results === null || read.length !== points.length)
    throw new Error(`tap-parser gave ${read.length} results for ${points.length} lines`);
  // Where there is nothing at all, tap-parser makes up an empty plan.
  return { points: read, final: parser.results, planned: plans.length > 0 && plan !== undefined };
}
