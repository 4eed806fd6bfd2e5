/** Lines around a change that are shown with it. */
const CONTEXT = 3;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
  /** How many lines of each text stand before this one. */
  readonly before: readonly [a: number, b: number];
}

/**
 * The difference of two texts as `diff -u` prints it, without the lines that name the files; empty when there is none.
 * Takes memory of the product of both lengths: for some thousand lines.
 */
export function unifiedDiff(a: readonly string[], b: readonly string[]): string[] {
  const lines = script(a, b);
  const near = lines.map((_line, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  const shown: string[] = [];
  for (let from = 0; from < lines.length; from++) {
    if (near[from] !== true) continue;
    let to = from;
    while (near[to] === true) to += 1;
    const hunk = lines.slice(from, to);
    const [beforeA, beforeB] = hunk[0]?.before ?? [0, 0];
    const count = (other: Line['mark']): number => hunk.filter(({ mark }) => mark !== other).length;
    shown.push(`@@ -${range(beforeA, count('+'))} +${range(beforeB, count('-'))} @@`);
    shown.push(...hunk.map(({ mark, text }) => `${mark}${text}`));
    from = to;
  }
  return shown;
}

/** Where a hunk stands in one of the texts: a part without lines is named by the line before it. */
function range(before: number, count: number): string {
  const first = count === 0 ? before : before + 1;
  return count === 1 ? String(first) : `${first},${count}`;
}

/** Every line of both texts: the longest common part once, the rest as taken away or added. */
function script(a: readonly string[], b: readonly string[]): Line[] {
  // common[i][j]: length of the longest common part of a from i on and b from j on.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = common[i];
    for (let j = b.length - 1; row !== undefined && j >= 0; j--) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    const before = [i, j] as const;
    if (left !== undefined && left === right) {
      lines.push({ mark: ' ', text: left, before });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: left, before });
      i += 1;
    } else {
      lines.push({ mark: '+', text: right ?? '', before });
      j += 1;
    }
  }
  return lines;
}
