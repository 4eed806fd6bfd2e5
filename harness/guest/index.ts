export { AgentSession } from './agent-session.js';
export { GuestCommandError, GuestCommandStalled, GuestUnreachable } from './errors.js';
export { createSessionKeys, type SessionKeys } from './keys.js';
export type { CommandResult, Conversation, GuestSession, RunOptions, RunningCommand } from './session.js';
export { shellCommand, shellQuote } from './shell-words.js';
export { SshSession } from './ssh-session.js';
