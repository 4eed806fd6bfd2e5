/** The published JSON Schema of a history line, generated so that it cannot drift from the code. */
import { z } from 'zod';
import { lineSchema } from './events.js';

/**
 * Text of docs/history.schema.json. After a change of the format, write it there with
 * `node dist/harness/history/write-schema-document.js`; a unit test compares the two.
 */
export function historySchemaDocument(): string {
  return `${JSON.stringify(z.toJSONSchema(lineSchema, { io: 'input' }), undefined, 2)}\n`;
}
