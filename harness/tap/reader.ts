import { Diagnostic, emptyDocument, type Document, type Point } from './document.js';
import { evaluate } from './evaluate.js';
import { classify, cleanLines, LineSplitter, type TapLine } from './lines.js';
import type { TapFormat, TapProblem, TapReport } from './model.js';

/** Output that is indented ever deeper is no nesting that anybody meant. */
const DEEPEST = 64;

/** A YAML block below a point, as long as its end has not come. */
interface YamlBlock {
  /** What stands in front of each of its lines. */
  readonly prefix: string;
  readonly point: Point;
  readonly lines: string[];
}

/**
 * Reads TAP or KTAP as it arrives. Nesting is found here, by what stands in front of the lines; each level is then
 * a plain TAP document, which tap-parser reads. Never throws because of what a program prints.
 */
export class TapReader {
  readonly #splitter = new LineSplitter();
  /** Documents that are over: a version line begins another one. */
  readonly #done: Document[] = [];
  /** Open documents, outermost first; the first stands at column 0 and is never closed by a line. */
  #stack: [Document, ...Document[]] = [emptyDocument(0)];
  #yaml: YamlBlock | undefined;

  constructor(private readonly format: TapFormat) {}

  /** Takes the next piece of the output; it may end anywhere. */
  write(chunk: string): void {
    for (const line of this.#splitter.push(chunk)) this.#raw(line);
  }

  /** What all of it says. The reader is done with. */
  end(): TapReport {
    const { rest } = this.#splitter;
    const cut = cleanLines(rest, this.format).some((line) => classify(line, this.format).kind !== 'text');
    if (rest !== '') this.#raw(rest);
    this.#replayYaml();
    while (this.#stack.length > 1) this.#close();
    const all = [...this.#done, this.#stack[0]].map((document) => evaluate(document, [], false));
    const unterminated: TapProblem = {
      kind: 'unterminated',
      verdict: 'unknown',
      text: `the last line has no end, so it may have been cut: ${rest.trim().slice(0, 200)}`,
    };
    return {
      results: all.flatMap(({ results }) => results),
      problems: [...all.flatMap(({ problems }) => problems), ...(cut ? [unterminated] : [])],
    };
  }

  #raw(raw: string): void {
    for (const line of cleanLines(raw, this.format)) this.#line(line);
  }

  #line(line: string): void {
    if (this.#yaml !== undefined && this.#continueYaml(this.#yaml, line)) return;
    const read = classify(line, this.format);
    const point = this.#top.points.at(-1);
    const block = /^((?:[ \t]|# )+)---$/.exec(line)?.[1];
    if (
      read.kind === 'text' &&
      block !== undefined &&
      point !== undefined &&
      block.length > this.#top.width
    ) {
      this.#yaml = { prefix: block, point, lines: [line] };
      return;
    }
    this.#accept(read);
  }

  /** False when the block turned out to be none: its lines have then been read like others. */
  #continueYaml(block: YamlBlock, line: string): boolean {
    if (line !== '' && !line.startsWith(block.prefix)) {
      this.#replayYaml();
      return false;
    }
    block.lines.push(line);
    if (line === `${block.prefix}...`) {
      block.point.diagnostic.add(...block.lines);
      this.#yaml = undefined;
    }
    return true;
  }

  /** A block without an end hides nothing. */
  #replayYaml(): void {
    const block = this.#yaml;
    this.#yaml = undefined;
    for (const line of block?.lines ?? []) this.#accept(classify(line, this.format));
  }

  #accept(line: TapLine): void {
    switch (line.kind) {
      case 'version':
        this.#begin(line.width);
        break;
      case 'plan':
        this.#plan(this.#enter(line.width), line.text);
        break;
      case 'point':
        this.#point(this.#enter(line.width), line.text);
        break;
      case 'bail-out': {
        const document = this.#enter(line.width);
        document.bail ??= line.text.replace(/^bail out!\s*/i, '');
        break;
      }
      case 'close': {
        const owner = this.#stack.findLast(({ width }) => width <= line.width);
        if (owner?.open === undefined) break; // a brace of other output
        while (this.#top !== owner) this.#close();
        owner.open = undefined;
        break;
      }
      case 'subtest':
        this.#subtest(line);
        break;
      case 'text':
        if (line.text.trim() !== '') this.#text(line);
        break;
    }
  }

  get #top(): Document {
    return this.#stack.at(-1) ?? this.#stack[0];
  }

  /** The document whose lines stand at `width`; deeper ones are over, and one is opened if there is none. */
  #enter(width: number): Document {
    while (this.#top.width > width) this.#close();
    if (this.#top.width < width && this.#stack.length < DEEPEST) this.#stack.push(emptyDocument(width));
    return this.#top;
  }

  /** A version line begins a document, also where one is open already and has lines. */
  #begin(width: number): void {
    const document = this.#enter(width);
    const { points, plan, bail, waiting } = document;
    if (points.length === 0 && plan === undefined && bail === undefined && waiting.length === 0) return;
    if (document === this.#stack[0]) {
      this.#done.push(document);
      this.#stack = [emptyDocument(0)];
    } else {
      this.#close();
      this.#stack.push(emptyDocument(width));
    }
  }

  /** Hands the innermost document to the point that it belongs to: the one with `{`, else the next one. */
  #close(): void {
    if (this.#stack.length === 1) return;
    const document = this.#stack.pop();
    if (document === undefined) return;
    const parent = this.#top;
    parent.comments.add(...document.comments.take());
    (parent.open?.nested ?? parent.waiting).push(document);
  }

  #plan(document: Document, line: string): void {
    if (document.plan === undefined) document.plan = { line, after: document.points.length };
    else document.disorder.push(`a second plan, ${line}`);
  }

  #point(document: Document, line: string): void {
    if (document.plan !== undefined && document.plan.after > 0)
      document.disorder.push(`a result after the plan ${document.plan.line}: ${line}`);
    const diagnostic = new Diagnostic();
    diagnostic.add(...document.comments.take());
    const point: Point = { line, diagnostic, nested: document.waiting.splice(0) };
    document.points.push(point);
    document.open = line.endsWith('{') ? point : undefined;
  }

  /** Names the document at its own column, or the one that its next deeper line opens. */
  #subtest({ width, text }: TapLine): void {
    if (width > this.#top.width) this.#enter(width).name ??= text;
    else if (width === this.#top.width && this.#top.points.length === 0) this.#top.name ??= text;
  }

  /** TAP explains a result after its line, KTAP before it. */
  #text({ width, text }: TapLine): void {
    const document = this.#stack.findLast((open) => open.width <= width) ?? this.#stack[0];
    const point = this.format === 'tap' ? document.points.at(-1) : undefined;
    (point?.diagnostic ?? document.comments).add(text);
  }
}

/** What a whole output says. Pure. */
export function parseTap(text: string, format: TapFormat): TapReport {
  const reader = new TapReader(format);
  reader.write(text);
  return reader.end();
}
