/** Script: brings docs/history.schema.json in step with the code. Run from the root of the project. */
import { writeFileSync } from 'node:fs';
import { historySchemaDocument } from './schema-document.js';

writeFileSync('docs/history.schema.json', historySchemaDocument());
