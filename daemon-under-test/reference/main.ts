#!/usr/bin/env node
/** The reference log daemon. */
import { runDaemon } from './run-daemon.js';

await runDaemon();
