import { programTest } from '../../harness/fixtures.js';

programTest(import.meta.url, {
  title: 'a node has what the suite takes for granted',
  tier: 'quick',
  program: {
    command: ['/bin/sh', '/run/environment.sh'],
    files: [{ from: 'environment.sh', to: '/run/environment.sh' }],
    format: 'ktap',
    deadlineMs: 20_000,
  },
});
