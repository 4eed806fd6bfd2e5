/** Numbers of the iSCSI wire format (RFC 7143 section 11). */

/** Operation codes, byte 0 bits 5-0 (RFC 7143 11.2.1.2). */
export const OPCODE = {
  nopOut: 0x00,
  scsiCommand: 0x01,
  taskManagementRequest: 0x02,
  loginRequest: 0x03,
  textRequest: 0x04,
  dataOut: 0x05,
  logoutRequest: 0x06,
  snack: 0x10,
  nopIn: 0x20,
  scsiResponse: 0x21,
  taskManagementResponse: 0x22,
  loginResponse: 0x23,
  textResponse: 0x24,
  dataIn: 0x25,
  logoutResponse: 0x26,
  r2t: 0x31,
  asyncMessage: 0x32,
  reject: 0x3f,
} as const;

/** "No tag": an initiator or target task tag that refers to nothing (RFC 7143 11.2.1.8, 11.7.4). */
export const NO_TAG = 0xffff_ffff;

/** Why a PDU is rejected (RFC 7143 11.17.1). */
export const REJECT = {
  dataDigestError: 0x02,
  snackReject: 0x03,
  protocolError: 0x04,
  commandNotSupported: 0x05,
  tooManyImmediateCommands: 0x06,
  taskInProgress: 0x07,
  invalidDataAck: 0x08,
  invalidPduField: 0x09,
  longOperation: 0x0a,
  waitingForLogout: 0x0c,
} as const;
export type RejectReason = (typeof REJECT)[keyof typeof REJECT];

/** Login status, class in the high byte and detail in the low one (RFC 7143 11.13.5). */
export const LOGIN_STATUS = {
  success: 0x0000,
  initiatorError: 0x0200,
  authenticationFailure: 0x0201,
  authorizationFailure: 0x0202,
  notFound: 0x0203,
  targetRemoved: 0x0204,
  unsupportedVersion: 0x0205,
  tooManyConnections: 0x0206,
  missingParameter: 0x0207,
  cannotIncludeInSession: 0x0208,
  sessionTypeNotSupported: 0x0209,
  sessionDoesNotExist: 0x020a,
  invalidDuringLogin: 0x020b,
  targetError: 0x0300,
  serviceUnavailable: 0x0301,
  outOfResources: 0x0302,
} as const;
export type LoginStatus = (typeof LOGIN_STATUS)[keyof typeof LOGIN_STATUS];

/** Login stages, CSG and NSG (RFC 7143 11.12.3). */
export const STAGE = { security: 0, operational: 1, fullFeature: 3 } as const;

/** Task management functions (RFC 7143 11.5.1). */
export const TASK_FUNCTION = {
  abortTask: 1,
  abortTaskSet: 2,
  clearAca: 3,
  clearTaskSet: 4,
  logicalUnitReset: 5,
  targetWarmReset: 6,
  targetColdReset: 7,
  taskReassign: 8,
} as const;

/** Task management responses (RFC 7143 11.6.1). */
export const TASK_RESPONSE = {
  complete: 0,
  taskDoesNotExist: 1,
  lunDoesNotExist: 2,
  taskStillAllegiant: 3,
  reassignmentNotSupported: 4,
  notSupported: 5,
  authorizationFailed: 6,
  rejected: 255,
} as const;
export type TaskResponse = (typeof TASK_RESPONSE)[keyof typeof TASK_RESPONSE];

/** Why an initiator logs out (RFC 7143 11.14.1). */
export const LOGOUT_REASON = { closeSession: 0, closeConnection: 1, removeForRecovery: 2 } as const;

/** Logout responses (RFC 7143 11.15.1). */
export const LOGOUT_RESPONSE = {
  closed: 0,
  cidNotFound: 1,
  recoveryNotSupported: 2,
  cleanupFailed: 3,
} as const;

/** Events of Async Messages (RFC 7143 11.9.1). */
export const ASYNC_EVENT = {
  scsi: 0,
  logoutRequest: 1,
  connectionDrop: 2,
  sessionDrop: 3,
  renegotiate: 4,
  vendor: 255,
} as const;

/** Types of additional header segments (RFC 7143 11.2.2.2). */
export const AHS_TYPE = { extendedCdb: 1, bidirectionalReadLength: 2 } as const;
