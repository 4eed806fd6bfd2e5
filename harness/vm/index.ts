export { type Accelerator, chooseAccelerator } from './accelerator.js';
export {
  type Memory,
  qemuArguments,
  type QemuProgram,
  type ScsiDisk,
  type VmDisk,
  type VmShape,
} from './command-line.js';
export { type IscsiUnit, plugIscsi, unplugIscsi } from './iscsi-disk.js';
export { within } from './deadline.js';
export { dumpMemory } from './dump.js';
export { BootError, DeadlineError, InfraError } from './errors.js';
export { type BootOptions, type Panic, type RestoreOptions, VirtualMachine } from './virtual-machine.js';
export { VcpuTimes } from './vcpu-time.js';
