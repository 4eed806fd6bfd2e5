/** What the tests of reservations share. */
import { memoryTarget, TestInitiator } from '../test-initiator.js';

/** Parameter list of PERSISTENT RESERVE OUT. */
export const parameters = (key: number, actionKey: number, flags = 0): Buffer => {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64BE(BigInt(key), 0);
  bytes.writeBigUInt64BE(BigInt(actionKey), 8);
  bytes[20] = flags;
  return bytes;
};
/** Services by their codes. */
export const ACTIONS = [
  'register',
  'reserve',
  'release',
  'clear',
  'preempt',
  'preempt-abort',
  'ignore',
] as const;
export type Action = (typeof ACTIONS)[number];
/** How a PERSISTENT RESERVE OUT ended. */
export const out = (
  initiator: TestInitiator,
  action: Action,
  key: number,
  actionKey = 0,
  type = 0,
  flags = 0,
): Promise<string> =>
  initiator.says(`5f 0${ACTIONS.indexOf(action)} 0${type} 0000 00000018 00`, {
    dataOut: parameters(key, actionKey, flags),
  });

/** One block. */
export const READ = '28 00 00000000 00 0001 00';
const WRITE = '2a 00 00000000 00 0001 00';
/** How a write of one block ended. */
export const writes = (initiator: TestInitiator): Promise<string> =>
  initiator.says(WRITE, { dataOut: Buffer.alloc(512) });

/** Three initiators of one unit. */
export const setUp = (): { a: TestInitiator; b: TestInitiator; c: TestInitiator } => {
  const target = memoryTarget();
  return {
    a: TestInitiator.ready(target, 'a'),
    b: TestInitiator.ready(target, 'b'),
    c: TestInitiator.ready(target, 'c'),
  };
};

/** What each type lets a nexus do: r read, w write, for the holder, another registrant, and others (SPC-4, persistent reservations). */
export const TABLE: readonly (readonly [type: number, holder: string, registrant: string, other: string])[] =
  [
    [1, 'rw', 'r-', 'r-'],
    [3, 'rw', '--', '--'],
    [5, 'rw', 'rw', 'r-'],
    [6, 'rw', 'rw', '--'],
    [7, 'rw', 'rw', 'r-'],
    [8, 'rw', 'rw', '--'],
  ];
