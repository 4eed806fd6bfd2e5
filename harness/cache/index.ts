export { Cache, CacheError, cacheDirectory, type CacheUsage } from './cache.js';
export { canonicalJson, contentKey, type JsonValue } from './key.js';
export { LockError, takeLock, tryLock, type Lock } from './lock.js';
export { removeTree } from './tree.js';
