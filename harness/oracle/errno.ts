/** The errors that rules tell apart, as they stand in replies: negative (asm-generic/errno-base.h). */

/** The daemon does not know the log: the kernel builds it anew (spec 2.6). */
export const ESRCH = -3;
/** A device failed. */
export const EIO = -5;
/** The kernel sends the same request again at once (spec 2.5). */
export const EAGAIN = -11;
/** The request is wrong. */
export const EINVAL = -22;
