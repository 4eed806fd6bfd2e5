import { senseBytes } from './answer.js';
import type { DropFault, FaultRule, StatusFault } from './faults.js';
import type { Sense } from './sense.js';
import { STATUS } from './status.js';
import type { TaskAnswer } from './task.js';
import type { Effect } from './unit-state.js';
import type { Fate } from './withheld.js';

/** What a command that a fault meets needs of its target. */
export interface FaultCourse {
  /** Executes the command; called at most once. */
  run(effect: Effect): TaskAnswer;
  /** Waits so many nanoseconds, or without end. */
  wait(delay: bigint | undefined): Promise<Fate>;
  /** Sense in the format that the unit's D_SENSE asks for. */
  readonly descriptorSense: boolean;
}

export const ABORTED: TaskAnswer = { kind: 'aborted' };
export const DROPPED: TaskAnswer = { kind: 'drop-connection' };
/** A command takes all its effect. */
export const ALL_EFFECT: Effect = {};

/** The command goes the way that the rule has for it. */
export async function suffer({ delay, does }: FaultRule, course: FaultCourse): Promise<TaskAnswer> {
  if (delay !== undefined) {
    const fate = await course.wait(delay);
    // What else the rule had for it is over, too.
    if (fate === 'released') return course.run(ALL_EFFECT);
    if (fate !== 'delayed') return ended(fate);
  }
  switch (does.kind) {
    case 'none':
      return course.run(ALL_EFFECT);
    case 'lost-cache':
      return course.run({ keepsNothing: true });
    case 'status':
    case 'drop-connection':
      if (does.takesEffect === true) course.run(ALL_EFFECT);
      return faultAnswer(does, course);
    case 'torn-write': {
      const answer = course.run({ landing: does.blocks });
      // A command that was refused anyhow did not get so far as to be torn.
      return answer.kind === 'status' && answer.status === STATUS.good
        ? faultAnswer(does.then, course)
        : answer;
    }
    case 'hang': {
      const answer = does.takesEffect === true ? course.run(ALL_EFFECT) : undefined;
      const fate = await course.wait(undefined);
      return fate === 'aborted' || fate === 'drop-connection'
        ? ended(fate)
        : (answer ?? course.run(ALL_EFFECT));
    }
  }
}

const ended = (fate: 'aborted' | 'drop-connection'): TaskAnswer => (fate === 'aborted' ? ABORTED : DROPPED);

function faultAnswer(fault: StatusFault | DropFault, { descriptorSense }: FaultCourse): TaskAnswer {
  if (fault.kind === 'drop-connection') return DROPPED;
  const { status, sense } = fault;
  if (sense === undefined) return { kind: 'status', status };
  return { kind: 'status', status, sense: bytesOf(sense, descriptorSense) };
}

function bytesOf(sense: Sense | Buffer, descriptorSense: boolean): Buffer {
  return Buffer.isBuffer(sense) ? sense : senseBytes(sense, descriptorSense);
}
