/** The machine that every node is: golden nodes and their copies must agree in all of it. */
import type { ScsiDisk, VmDisk, VmShape } from '../vm/index.js';
import {
  AGENT_PORT,
  type BaseEnvironment,
  type NodeSource,
  PUPPET_PORT,
  recorderPort,
  SSH_PORT,
} from './environment.js';

const MEMORY_MIB = 384;

/** Read-only images under a node's root. */
export type NodeImages = Pick<NodeSource, 'rootImage' | 'layers'>;

/** The shape of a node, without the kernel; `kernelArguments` matter to a boot only. */
export function nodeShape(
  environment: BaseEnvironment,
  images: NodeImages,
  vcpus: number,
  scsiDisks: readonly ScsiDisk[],
  kernelArguments: readonly string[] = [],
): VmShape {
  const layers = [environment.nodeLayer, ...images.layers];
  const disks: VmDisk[] = [
    { serial: 'root', path: images.rootImage, readOnly: true },
    ...layers.map((path, index) => ({ serial: `layer${index}`, path, readOnly: true })),
  ];
  return {
    initramfs: environment.initramfs,
    memoryMib: MEMORY_MIB,
    vcpus,
    accelerator: environment.accelerator,
    disks,
    ports: [
      AGENT_PORT,
      SSH_PORT,
      PUPPET_PORT,
      ...Array.from({ length: vcpus }, (_unused, cpu) => recorderPort(cpu)),
    ],
    kernelArguments,
    scsi: true,
    scsiDisks,
    nic: true,
  };
}
