export * from './ending.js';
export * from './model.js';
export { parseTap, TapReader } from './reader.js';
