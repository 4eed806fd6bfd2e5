export {
  Cache,
  CacheError,
  cacheDirectory,
  ENTRY_MANIFEST,
  entryKey,
  MEMORY_KIND,
  SNAPSHOT_KIND,
  type CacheUsage,
  type Eviction,
} from './cache.js';
export { canonicalJson, contentKey, type JsonValue } from './key.js';
export { LockError } from './lock.js';
export { openDirectories } from './tree.js';
