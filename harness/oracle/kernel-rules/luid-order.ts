/** The order of requests when two instances of a uuid are about: LUID-05, LUID-06, LUID-07, LVM-26 (spec 6.1). */
import { describeRequest, type CommandEvent, type Exchange } from '../../history/index.js';
import type { RequestName } from '../../ulog/index.js';
import type { Life } from '../life.js';
import { isDmsetup, type KernelContext } from './kernel-context.js';

/**
 * LUID-05: when one `dmsetup resume` swaps an inactive table in, its thread sends PRESUSPEND old, POSTSUSPEND
 * old, RESUME new, DTR old; the first two are absent when the device was suspended before. LVM suspends and
 * resumes in steps, where DTR old may come first (lvm.md, 2), so that only dmsetup commands are judged.
 * A RESUME that its own DTR follows at once is a swap whose instances share a luid: that is no order at all.
 */
export function swapOrder(context: KernelContext): void {
  const { lives } = context;
  for (const resume of context.exchanges) {
    if (resume.name !== 'RESUME' || lives.isRebuild(resume)) continue;
    const command = context.command(resume);
    if (!isDmsetup(command, 'resume')) continue;
    const thread = context.history
      .thread(resume.node, resume.tid)
      .filter((exchange) => context.command(exchange) === command);
    const young = lives.of(resume);
    if (sharesLuid(context, resume)) {
      deviate(context, young, thread.filter(isLifeCycle), 'old and new instance have luids of their own');
      continue;
    }
    if (lives.sent(resume) !== young.resumed) continue;
    for (const old of lives.siblings(young)) {
      if (old.from < young.from && old.resumed < young.resumed) judgeSwap(context, thread, resume, old);
    }
  }
}

/**
 * LVM-26: when an LVM command swaps tables, which it does in several steps, no log is resumed while another one of its UUID
 * is active on that node. Others may have two devices with one log UUID; what one `dmsetup resume` does is judged by LUID-05.
 * Allowed is what the sentence allows: the lvremove of a snapshot resumes the log below the origin once more.
 */
export function resumedBeside(context: KernelContext): void {
  const { lives } = context;
  for (const resume of context.exchanges) {
    if (resume.name !== 'RESUME' || lives.isRebuild(resume)) continue;
    const command = context.command(resume);
    if (!isLvm(command)) continue;
    const young = lives.of(resume);
    if (lives.sent(resume) !== young.resumed) continue;
    for (const old of lives.siblings(young, young.resumed)) {
      if (old.resumed > young.resumed) continue;
      const steps = old.instance.exchanges.filter(
        (exchange) => isLifeCycle(exchange) && lives.sent(exchange) < young.resumed,
      );
      const last = steps.at(-1);
      if (['POSTSUSPEND', 'DTR'].includes(String(last?.name))) continue;
      const again = last !== undefined && last.name === 'RESUME' && lives.sent(last) !== old.resumed;
      if (again && command?.argv[0] === 'lvremove' && context.command(last) === command) continue;
      const seen = [...steps, resume]
        .map((step) => `${describeRequest(step)} ${label(context, step)}`)
        .join(', ');
      const expected = `POSTSUSPEND of ${old.name} before RESUME of another log of its UUID`;
      context.deviate('LVM-26', young, { expected, seen, by: [...steps, resume] });
    }
  }
}

function isLvm(command: CommandEvent | undefined): boolean {
  return /^(lv|vg|pv)[a-z]+$/.test(command?.argv[0] ?? '');
}

/** RESUME and DTR of one luid, one after the other on one thread, after its PRESUSPEND and POSTSUSPEND. */
export function sharesLuid(context: KernelContext, resume: Exchange): boolean {
  const next = context.next(resume);
  return next?.name === 'DTR' && next.luid === resume.luid && next.uuid === resume.uuid;
}

const SWAP: readonly RequestName[] = ['PRESUSPEND', 'POSTSUSPEND', 'RESUME', 'DTR'];

function judgeSwap(context: KernelContext, thread: readonly Exchange[], resume: Exchange, old: Life): void {
  const of = (name: RequestName): Exchange | undefined =>
    thread.find((exchange) => exchange.name === name && context.lives.of(exchange) === old);
  if (of('DTR') === undefined) return;
  const steps = [of('PRESUSPEND'), of('POSTSUSPEND'), resume, of('DTR')].filter((step) => step !== undefined);
  const sorted = steps.toSorted((a, b) => context.began(a) - context.began(b));
  if (steps.every((step, index) => step === sorted[index])) return;
  deviate(context, old, sorted, 'PRESUSPEND old, POSTSUSPEND old, RESUME new, DTR old');
}

function isLifeCycle({ name }: Exchange): boolean {
  return name !== undefined && SWAP.includes(name);
}

function deviate(context: KernelContext, life: Life, steps: readonly Exchange[], expected: string): void {
  const seen = steps.map((step) => `${describeRequest(step)} ${label(context, step)}`).join(', ');
  context.deviate('LUID-05', life, { expected, seen, by: steps });
}

/** LUID-06: `dmsetup reload` on top of an inactive table constructs the new instance before it destroys that one. */
export function reloadOrder(context: KernelContext): void {
  for (const dtr of context.exchanges) {
    const inactive = context.lives.of(dtr);
    if (!destroysInactive(dtr, inactive)) continue;
    const command = context.command(dtr);
    if (!isDmsetup(command, 'reload', 'load')) continue;
    const late = sameThread(context, dtr, command, 'CTR').find(
      (ctr) => context.began(ctr) > context.began(dtr),
    );
    if (late === undefined) continue;
    context.deviate('LUID-06', inactive, {
      expected: 'CTR of the third instance before DTR of the second',
      seen: `DTR ${label(context, dtr)}, then CTR ${label(context, late)}`,
      by: [dtr, late],
    });
  }
}

/** LUID-07: `dmsetup remove` destroys the inactive instance before it suspends the live one. */
export function removeOrder(context: KernelContext): void {
  for (const dtr of context.exchanges) {
    const inactive = context.lives.of(dtr);
    if (!destroysInactive(dtr, inactive)) continue;
    const command = context.command(dtr);
    if (!isDmsetup(command, 'remove', 'remove_all')) continue;
    const early = sameThread(context, dtr, command, 'PRESUSPEND').find(
      (suspend) => context.began(suspend) < context.began(dtr),
    );
    if (early === undefined) continue;
    context.deviate('LUID-07', inactive, {
      expected: 'DTR of the inactive instance before PRESUSPEND of the live one',
      seen: `PRESUSPEND ${label(context, early)}, then DTR ${label(context, dtr)}`,
      by: [early, dtr],
    });
  }
}

/** A DTR of an instance that was constructed in this recording and never resumed. */
function destroysInactive(dtr: Exchange, { instance, resumed }: Life): boolean {
  return dtr.name === 'DTR' && instance.birth !== undefined && resumed === Infinity;
}

/** Requests of that type and uuid that the same thread sent within the same command. */
function sameThread(
  context: KernelContext,
  { node, tid, uuid }: Exchange,
  command: CommandEvent | undefined,
  name: RequestName,
): readonly Exchange[] {
  return context.history
    .thread(node, tid)
    .filter(
      (exchange) => exchange.name === name && exchange.uuid === uuid && context.command(exchange) === command,
    );
}

/** 'of L2': which instance a request is about. */
function label(context: KernelContext, exchange: Exchange): string {
  return `of ${context.lives.of(exchange).name.split(' ')[0] ?? ''}`;
}
