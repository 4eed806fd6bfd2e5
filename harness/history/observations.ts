/** Name of the observation that the host stood still for some time; its value is { ms }. */
export const HOST_STALLED = 'host-stalled';
