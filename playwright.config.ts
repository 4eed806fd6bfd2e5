import { join } from 'node:path';
import { playwrightConfig } from './harness/cli/playwright-config.js';
import { packageRoot } from './harness/package-root.js';
import { readRunPlan } from './harness/plan/run-plan.js';

export default playwrightConfig(readRunPlan(), join(packageRoot(), 'dist', 'conformance'));
