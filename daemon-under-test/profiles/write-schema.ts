/** Script: brings profile.schema.json in step with the code. Run from the root of the project. */
import { writeFileSync } from 'node:fs';
import { profileSchemaDocument } from './schema.js';

writeFileSync('daemon-under-test/profiles/profile.schema.json', profileSchemaDocument());
