/** SCSI status codes (SAM-5; 0x22 of SAM-2, which IDM drives still answer: spec idm 5). */
export const STATUS = {
  good: 0x00,
  checkCondition: 0x02,
  conditionMet: 0x04,
  busy: 0x08,
  reservationConflict: 0x18,
  commandTerminated: 0x22,
  taskSetFull: 0x28,
  acaActive: 0x30,
  taskAborted: 0x40,
} as const;

/** The name of a status, for messages and traces; a code that has none as `0x7e`. */
export function statusName(status: number): string {
  const known = Object.entries(STATUS).find(([, code]) => code === status);
  return known?.[0] ?? `0x${status.toString(16).padStart(2, '0')}`;
}
