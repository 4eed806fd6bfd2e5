import { profileSelfTests } from '../../harness/fixtures.js';

// A vendor's own tests: `selfTests` in the profile of the daemon under test.
profileSelfTests();
