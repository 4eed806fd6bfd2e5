/** Persistent reservation types and what each lets others do (SPC-4, persistent reservations model). */
import type { Access } from '../unit-state.js';

export const RESERVATION_TYPE = {
  writeExclusive: 1,
  exclusiveAccess: 3,
  writeExclusiveRegistrantsOnly: 5,
  exclusiveAccessRegistrantsOnly: 6,
  writeExclusiveAllRegistrants: 7,
  exclusiveAccessAllRegistrants: 8,
} as const;
export type ReservationType = (typeof RESERVATION_TYPE)[keyof typeof RESERVATION_TYPE];

/** The type of a code; undefined for codes that have none, or an obsolete one. */
export function reservationType(code: number): ReservationType | undefined {
  return Object.values(RESERVATION_TYPE).find((type) => type === code);
}

/** All registrants hold it together. */
export function heldByAll(type: ReservationType): boolean {
  return (
    type === RESERVATION_TYPE.writeExclusiveAllRegistrants ||
    type === RESERVATION_TYPE.exclusiveAccessAllRegistrants
  );
}

/** Whoever is registered may do what the holder may. */
export function forRegistrants(type: ReservationType): boolean {
  return type !== RESERVATION_TYPE.writeExclusive && type !== RESERVATION_TYPE.exclusiveAccess;
}

/** Whether a command of a nexus that neither holds the reservation nor shares it conflicts with it. */
export function conflictsWith(type: ReservationType, access: Access): boolean {
  switch (access) {
    case 'always':
    case 'ready':
    case 'reserve':
      return false;
    case 'write':
      return true;
    case 'read':
      switch (type) {
        case RESERVATION_TYPE.writeExclusive:
        case RESERVATION_TYPE.writeExclusiveRegistrantsOnly:
        case RESERVATION_TYPE.writeExclusiveAllRegistrants:
          return false;
        case RESERVATION_TYPE.exclusiveAccess:
        case RESERVATION_TYPE.exclusiveAccessRegistrantsOnly:
        case RESERVATION_TYPE.exclusiveAccessAllRegistrants:
          return true;
      }
  }
}
