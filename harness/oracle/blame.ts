/** Which LUID requirement a wrong answer breaks, when another instance of the same uuid is about (spec 6.2). */
import type { RequestName } from '../ulog/index.js';
import type { Life, Lives } from './life.js';

/**
 * The requirement that an error answer to a legal request of `life`, sent at `place`, breaks; undefined when no
 * other instance of its uuid overlapped with it before, so that luids have nothing to do with it.
 *
 * - LUID-02: an instance of its uuid that never resumed was destroyed while this one was active;
 * - LUID-03: this one was resumed before the old one was destroyed, or its RESUME is refused in a swap;
 * - LUID-04: the old one was destroyed before this one was resumed;
 * - LUID-01: everything else.
 */
export function blameLuid(
  lives: Lives,
  life: Life,
  name: RequestName | undefined,
  place: number,
): string | undefined {
  const siblings = lives.siblings(life, place);
  if (siblings.length === 0) return undefined;
  const destroyed = siblings.filter(({ to }) => to < place).toSorted((a, b) => b.to - a.to);
  const last = destroyed[0];
  if (last === undefined) {
    // In the swap of one resume the old instance is suspended and still there when the new one is resumed.
    const swap =
      name === 'RESUME' && life.resumed >= place && siblings.some(({ resumed }) => resumed < place);
    return swap ? 'LUID-03' : 'LUID-01';
  }
  const lastWasActive = last.resumed < last.to;
  const thisWasActive = life.resumed < last.to;
  if (!lastWasActive && thisWasActive) return 'LUID-02';
  if (lastWasActive && thisWasActive) return 'LUID-03';
  if (lastWasActive && !thisWasActive) return 'LUID-04';
  return 'LUID-01';
}

/**
 * The requirement that is broken when a log that was swapped in turns out not to be active: LUID-03 or LUID-04,
 * by the order of its RESUME and the old instance's DTR; undefined when it replaced none.
 */
export function blameSwap(lives: Lives, life: Life): string | undefined {
  const old = lives.siblings(life).find(({ from, resumed }) => from < life.from && resumed < life.resumed);
  if (old === undefined) return undefined;
  return old.to < life.resumed ? 'LUID-04' : 'LUID-03';
}
