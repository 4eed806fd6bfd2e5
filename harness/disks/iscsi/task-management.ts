import type { ScsiTarget } from '../scsi/task.js';
import { TASK_FUNCTION, TASK_RESPONSE, type TaskResponse } from './codes.js';
import type { Command } from './command.js';
import type { Connection } from './connection.js';
import type { TaskManagementRequest } from './initiator-pdus.js';
import { readLun } from './lun.js';
import { serialDistance } from './serial.js';
import type { Session } from './session.js';
import { taskManagementResponse } from './target-pdus.js';

/** Task management functions (RFC 7143 11.5, 4.2.3). They are answered when the device has let go of the tasks. */
export class TaskManagement {
  constructor(
    private readonly device: ScsiTarget,
    private readonly sessions: () => Iterable<Session>,
  ) {}

  handle(connection: Connection, session: Session, request: TaskManagementRequest): void {
    const answer = (response: TaskResponse): void => {
      const { itt } = request;
      connection.send(taskManagementResponse.write({ itt, response, ...connection.numbers(true) }));
    };
    const result = this.#carryOut(session, request);
    if (typeof result === 'number') {
      answer(result);
      return;
    }
    void result.then(() => {
      if (connection.closing) return;
      answer(TASK_RESPONSE.complete);
      if (request.function === TASK_FUNCTION.targetColdReset) {
        for (const other of [...this.sessions()]) other.end('close');
      }
    });
  }

  /** The answer, or a promise of `complete`. */
  #carryOut(session: Session, request: TaskManagementRequest): TaskResponse | Promise<void> {
    const lun = readLun(request.lun);
    const onUnit = (command: Command): boolean => command.lun === lun;
    switch (request.function) {
      case TASK_FUNCTION.abortTask:
        return this.#abortTask(session, request);
      case TASK_FUNCTION.abortTaskSet:
        if (!this.device.hasUnit(lun)) return TASK_RESPONSE.lunDoesNotExist;
        return session.abort(tasksBefore(session, request).filter(onUnit));
      case TASK_FUNCTION.clearTaskSet:
        if (!this.device.hasUnit(lun)) return TASK_RESPONSE.lunDoesNotExist;
        return this.#abortEverywhere(session, request, onUnit);
      case TASK_FUNCTION.logicalUnitReset: {
        if (!this.device.hasUnit(lun)) return TASK_RESPONSE.lunDoesNotExist;
        const aborted = this.#abortEverywhere(session, request, onUnit);
        this.device.resetUnit(lun, session.nexus);
        return aborted;
      }
      case TASK_FUNCTION.targetWarmReset:
      case TASK_FUNCTION.targetColdReset: {
        const aborted = this.#abortEverywhere(session, request, () => true);
        this.device.resetTarget(session.nexus);
        return aborted;
      }
      case TASK_FUNCTION.taskReassign:
        return TASK_RESPONSE.reassignmentNotSupported;
      case TASK_FUNCTION.clearAca:
        return TASK_RESPONSE.notSupported;
      default:
        return TASK_RESPONSE.rejected;
    }
  }

  #abortTask(session: Session, request: TaskManagementRequest): TaskResponse | Promise<void> {
    const command = session.commands.get(request.referencedTag);
    if (command !== undefined) {
      if (readLun(request.lun) !== command.lun) return TASK_RESPONSE.taskDoesNotExist;
      return session.abort([command]);
    }
    // A command that has not come, and comes no more, counts as come and aborted (RFC 7143 11.5.1).
    const before = request.immediate || serialDistance(request.refCmdSn, request.cmdSn) > 0;
    if (before && session.window.skip(request.refCmdSn)) return TASK_RESPONSE.complete;
    return TASK_RESPONSE.taskDoesNotExist;
  }

  async #abortEverywhere(
    session: Session,
    request: TaskManagementRequest,
    which: (command: Command) => boolean,
  ): Promise<void> {
    await Promise.all(
      [...this.sessions()].map((each) => {
        const tasks = each === session ? tasksBefore(session, request) : [...each.commands.values()];
        return each.abort(tasks.filter(which));
      }),
    );
  }
}

/** The session's tasks that were sent before the request; immediate ones have no place, and are meant as well. */
function tasksBefore(session: Session, request: TaskManagementRequest): Command[] {
  return [...session.commands.values()].filter(
    ({ request: { immediate, cmdSn } }) => immediate || serialDistance(cmdSn, request.cmdSn) > 0,
  );
}
