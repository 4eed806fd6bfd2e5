/**
 * Name of the observation that the kernel reported something that says nothing about it, because the host starved
 * the guest; its value is { finding, title, because, text }.
 */
export const STARVED = 'starved';
/** Name of the observation that the host stood still for some time; its value is { ms }. */
export const HOST_STALLED = 'host-stalled';
