/** A model of the firmware of drives with In-Drive-Mutexes (spec idm 2 to 6), as a vendor's command set of a SCSI disk. */
export { statusAndSense, type MutexOutcome, type StatusAndSense } from './answers.js';
export {
  ALL_GROUPS,
  DEFAULT_GROUP,
  legacyReadCdb,
  legacyWriteCdb,
  MUTEX_OP,
  MUTEX_OPCODE,
  mutexReadCdb,
  mutexWriteCdb,
  parseMutexCdb,
  wipeCdb,
  type MutexCdb,
} from './cdb.js';
export { MutexCommands } from './commands.js';
export {
  BLOCK_BYTES,
  decodeDataBlock,
  encodeDataBlock,
  endMarkerBlock,
  ENDLESS,
  LOCK_CLASS,
  LVB_CONTROL,
  reversed,
  STATE,
  type DataBlock,
} from './data-block.js';
export { FIRMWARE_2020, FIRMWARE_2023, LIMITS_OF_2020, type Firmware, type Limits } from './firmware.js';
export { DRIVE_MUTANTS, type DriveMutant } from './mutants/mutants.js';
export { MutexTable } from './table.js';
export { VERSION_PAGE, versionPage } from './version-page.js';
