import { join } from 'node:path';
import { playwrightConfig } from './harness/cli/playwright-config.js';
import { projectRoot } from './harness/setup/root.mjs';
import { readRunPlan } from './harness/plan/run-plan.js';

export default playwrightConfig(readRunPlan(), join(projectRoot, 'dist', 'conformance'));
