/**
 * By which LVM a test makes its volumes: `stock` is the userland's own, whose tables the table rewriter turns into those
 * of clustered logs; `clustered` is the same version built again with a patch by which it asks for such logs itself
 * (docs/lvm.md).
 */
export const LVMS = ['stock', 'clustered'] as const;
export type Lvm = (typeof LVMS)[number];
