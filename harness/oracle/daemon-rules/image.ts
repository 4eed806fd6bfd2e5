/** Images of a log device: FLUSH-02, FLUSH-09, RECOV-07, DISK-01, DISK-10, LUID-12 (spec 10, 12). */
import { diskLogs, type DiskLog, type Exchange, powerCutOf } from '../../history/index.js';
import { DISK, regionCount } from '../constructor-text.js';
import type { Report } from '../deviation.js';
import type { Life, Lives } from '../life.js';
import * as payloads from '../payloads.js';

/** The kernel keeps bitmaps in units of this many bits (spec 12). */
const WORD = 64n;
const VERSION = 2;

/**
 * Holds every image that the test read against what the daemon had answered by then.
 *
 * Judged is the log that was resumed last on the device, while it and its node live: after its end the device may be
 * anybody's.
 * What was under way while the image was read decides nothing.
 */
export function images(lives: Lives, report: Report): void {
  for (const image of diskLogs(lives.history)) {
    const owner = ownerOf(lives, image);
    if (owner === undefined) continue;
    header(owner, image, lives, report);
    padding(owner, image, report);
    marks(owner, image, lives, report);
  }
}

/** The log that was resumed last, when it is certain which that is, and that its device works. */
function ownerOf(lives: Lives, image: DiskLog): Life | undefined {
  let owner: Life | undefined;
  let latest = -1n;
  for (const life of lives.all) {
    if (life.parts?.type !== DISK) continue;
    if (life.parts.device !== image.device && life.parts.device !== image.number) continue;
    for (const resume of life.instance.exchanges) {
      if (resume.name !== 'RESUME') continue;
      const from = sentAt(resume);
      if (from === undefined || from > image.ended) continue;
      if (!hasSucceeded(resume, image.began)) return undefined;
      if (from > latest) [owner, latest] = [life, from];
    }
  }
  const exchanges = owner?.instance.exchanges ?? [];
  // Its last requests may be missing in the history, and the next owner of the device need not be a userspace log.
  const cut = owner === undefined ? undefined : powerCutOf(lives.history, owner.node);
  if (cut !== undefined && cut.t <= image.began) return undefined;
  const ended = exchanges.some((one) => one.name === 'DTR' && (sentAt(one) ?? image.ended) < image.ended);
  const failed = exchanges.some(({ name, answer }) => name === 'FLUSH' && (answer?.error ?? 0) < 0);
  return ended || failed ? undefined : owner;
}

function sentAt({ transmissions }: Exchange): bigint | undefined {
  return transmissions[0]?.t;
}

/** The daemon reported success before `time`. */
function hasSucceeded({ answer }: Exchange, time: bigint): boolean {
  return answer !== undefined && answer.error === 0 && answer.t < time;
}

/** DISK-01: a log that was resumed has its header on the device; LUID-12 when an older log may have spoilt it. */
function header(owner: Life, image: DiskLog, lives: Lives, report: Report): void {
  const count = regionCountOf(owner);
  if (count === undefined) return;
  if (image.magic && image.version === VERSION && image.regions === BigInt(count)) return;
  const late = lateRequests(owner, image, lives);
  report.add('daemon', late.length > 0 ? 'LUID-12' : 'DISK-01', owner.name, {
    expected: `the header of a log of ${count} regions, version ${VERSION}`,
    seen: image.magic
      ? `the header of a log of ${image.regions} regions, version ${image.version}`
      : `bytes ${Buffer.from(image.bytes.subarray(0, 8)).toString('hex')} at the beginning`,
    by: [...late, image.event],
  });
}

/** CLEAR_REGION and FLUSH of other logs on the device, after the owner was resumed. */
function lateRequests(owner: Life, image: DiskLog, lives: Lives): Exchange[] {
  const resumed = owner.instance.exchanges.find(({ name }) => name === 'RESUME');
  const since = resumed === undefined ? undefined : sentAt(resumed);
  if (since === undefined) return [];
  return lives.siblings(owner).flatMap(({ instance }) =>
    instance.exchanges.filter((exchange) => {
      const at = sentAt(exchange);
      const late = exchange.name === 'CLEAR_REGION' || exchange.name === 'FLUSH';
      return late && at !== undefined && at > since && at < image.ended;
    }),
  );
}

function regionCountOf({ parts }: Life): number | undefined {
  return parts === undefined ? undefined : regionCount(parts.length, parts.regionSize);
}

/** DISK-10: the bits behind the last region, up to the next word, are 0. */
function padding(owner: Life, image: DiskLog, report: Report): void {
  const count = regionCountOf(owner);
  if (count === undefined) return;
  const end = Number(((BigInt(count) + WORD - 1n) / WORD) * WORD);
  for (let region = count; region < end; region += 1) {
    if (!image.isClean(region)) continue;
    report.add('daemon', 'DISK-10', owner.name, {
      expected: `0 in the bits from ${count}, the number of regions, to ${end - 1}`,
      seen: `1 in bit ${region}`,
      by: [image.event],
    });
    return;
  }
}

/** FLUSH-02, FLUSH-09: a mark is on the device when the FLUSH that commits it is answered; RECOV-07 after a restart. */
function marks(owner: Life, image: DiskLog, lives: Lives, report: Report): void {
  for (const [region, { mark, flush }] of committedMarks(owner, image)) {
    if (!image.isClean(region)) continue;
    const restarted = lives.history
      .subjectEvents()
      .some(({ action, t }) => action === 'started' && t > (mark.answer?.t ?? 0n) && t < image.began);
    const own = mark.payload.length > 0 && mark.name === 'FLUSH' ? 'FLUSH-09' : 'FLUSH-02';
    report.add('daemon', restarted ? 'RECOV-07' : own, owner.name, {
      expected: `region ${region} dirty on the log device: it was marked, and the FLUSH was answered`,
      seen: `its bit is 1, clean`,
      by: [mark, flush, image.event],
    });
  }
}

interface Committed {
  readonly mark: Exchange;
  readonly flush: Exchange;
}

/** Marks that were answered and flushed before the image was read, and whose clear was not even sent by then. */
function committedMarks(owner: Life, image: DiskLog): Map<number, Committed> {
  const marked = new Map<number, Exchange>();
  const committed = new Map<number, Committed>();
  for (const exchange of owner.instance.exchanges) {
    const from = sentAt(exchange);
    if (from === undefined || from > image.ended) continue;
    const regions = payloads.regions(exchange.payload) ?? [];
    switch (exchange.name) {
      case 'MARK_REGION':
        if (hasSucceeded(exchange, image.began)) for (const region of regions) marked.set(region, exchange);
        break;
      case 'FLUSH':
        if (!hasSucceeded(exchange, image.began)) break;
        for (const region of regions) marked.set(region, exchange);
        for (const [region, mark] of marked) {
          const earlier = mark === exchange || (mark.answer?.t ?? from) < from;
          if (earlier && !committed.has(region)) committed.set(region, { mark, flush: exchange });
        }
        break;
      case 'CLEAR_REGION':
        for (const region of regions) {
          marked.delete(region);
          committed.delete(region);
        }
        break;
      default:
        break;
    }
  }
  return committed;
}
