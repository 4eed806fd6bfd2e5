/** The profile format: how to install, start, ready-check, stop and read a daemon under test. */
import { z } from 'zod';

/** Version of the profile format that this code reads. */
const PROFILE_VERSION = 1;

/*
 * Every schema carries, as its error text, what is right in its place; the loader puts file, line, key path and
 * what was found in front of it.
 */

/** A mapping that refuses unknown keys and names the known ones. */
function mapping<S extends z.core.$ZodShape>(
  shape: S,
): z.ZodObject<z.core.util.Writeable<S>, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown here; known keys: ${Object.keys(shape).join(', ')}`
        : 'must be a mapping',
  });
}

function text(pattern: RegExp, what: string): z.ZodString {
  const error = `must be ${what}`;
  return z.string({ error }).regex(pattern, { error });
}

function listOf<T extends z.ZodType>(item: T, what: string): z.ZodArray<T> {
  return z.array(item, { error: `must be a list of ${what}` });
}

const anyText = z.string({ error: 'must be a text' }).min(1, { error: 'must be a text that is not empty' });
const guestPath = text(/^\//, 'an absolute path in the guest');
const argv = listOf(z.string({ error: 'must be a text' }), 'program and arguments').min(1, {
  error: 'must name at least the program',
});
const deadline = z
  .number({ error: 'must be a number of seconds' })
  .gt(0, { error: 'must be more than 0 seconds' })
  .lte(3600, { error: 'must be at most 3600 seconds' })
  .meta({ description: 'Seconds.' });
const flag = z.boolean({ error: 'must be true or false' });
const label = text(/^[a-z0-9][a-z0-9._-]*$/, 'lower-case letters, digits, ".", "_" and "-"');

const installedFile = mapping({
  from: anyText.meta({
    description:
      'File or directory, relative to the profile; or package:NAME, an npm package found in node_modules as Node finds it from the directory of the profile.',
  }),
  to: guestPath.meta({ description: 'Absolute path in the guest of the file, or of the copied directory.' }),
  mode: text(/^0?[0-7]{3}$/, 'octal permissions in quotes, such as "0755"')
    .optional()
    .meta({ description: 'Permissions of the files; default: those of the source.' }),
  exclude: listOf(anyText, 'globs')
    .optional()
    .meta({ description: 'Files of a directory to leave out: globs; one without a slash matches names.' }),
});

/** When the daemon counts as ready. */
export type ReadyCondition =
  | { readonly socket: string; readonly deadline: number }
  | { readonly log: string; readonly in: string; readonly deadline: number }
  | { readonly command: string[]; readonly deadline: number };

/** How the daemon is asked to end. */
export type StopRequest =
  | { readonly signal: string; readonly deadline: number }
  | { readonly command: string[]; readonly deadline: number };

/** Which of the alternatives `keys` a mapping holds; a problem is added unless it is exactly one. */
function exactlyOne(
  value: object,
  keys: readonly string[],
  context: z.core.$RefinementCtx,
): string | undefined {
  const held = keys.filter((key) => key in value);
  if (held.length === 1) return held[0];
  const message = `must have exactly one of ${keys.join(', ')}`;
  context.addIssue({ code: 'custom', message });
  return undefined;
}

const ready = mapping({
  socket: guestPath.optional().meta({ description: 'Ready when this unix socket exists.' }),
  log: anyText
    .optional()
    .meta({ description: 'Ready when a line of the log matches this regular expression.' }),
  in: anyText.optional().meta({ description: 'With log: the name of the log, from logs.' }),
  command: argv.optional().meta({ description: 'Ready when this command exits with status 0.' }),
  deadline,
})
  .transform((value, context): ReadyCondition => {
    const chosen = exactlyOne(value, ['socket', 'log', 'command'], context);
    if (chosen === undefined) return z.NEVER;
    const { socket, log, command, in: inLog } = value;
    if ((log !== undefined) !== (inLog !== undefined)) {
      context.addIssue({ code: 'custom', message: 'must have log and in together' });
      return z.NEVER;
    }
    if (socket !== undefined) return { socket, deadline: value.deadline };
    if (command !== undefined) return { command, deadline: value.deadline };
    if (log !== undefined && inLog !== undefined) return { log, in: inLog, deadline: value.deadline };
    return z.NEVER;
  })
  .meta({ oneOf: [{ required: ['socket'] }, { required: ['log', 'in'] }, { required: ['command'] }] });

const stop = mapping({
  signal: text(/^SIG[A-Z0-9]+$/, 'the name of a signal, such as SIGTERM').optional(),
  command: argv.optional(),
  deadline,
})
  .transform((value, context): StopRequest => {
    if (exactlyOne(value, ['signal', 'command'], context) === undefined) return z.NEVER;
    if (value.signal !== undefined) return { signal: value.signal, deadline: value.deadline };
    return value.command === undefined ? z.NEVER : { command: value.command, deadline: value.deadline };
  })
  .meta({ oneOf: [{ required: ['signal'] }, { required: ['command'] }] });

const environment = z.record(
  text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable'),
  z.string({ error: 'must be a text' }),
  { error: 'must be a mapping of variables to texts' },
);

const selfTest = mapping({
  name: label.meta({ description: 'Name in reports; unique in the profile.' }),
  command: argv.meta({ description: 'Program in the guest, and its arguments.' }),
  env: environment.optional(),
  format: z
    .enum(['tap', 'ktap'], { error: 'must be tap or ktap' })
    .meta({ description: 'What it prints on its standard output.' }),
  tier: z
    .enum(['quick', 'full'], { error: 'must be quick or full' })
    .default('quick')
    .meta({ description: 'When it is run.' }),
  deadline: deadline
    .lte(600, { error: 'must be at most 600 seconds' })
    .meta({ description: 'Seconds that it may take.' }),
});

const claims = mapping({
  protocol: listOf(z.literal([1, 2, 3], { error: 'must be 1, 2 or 3' }), 'protocol versions').min(1, {
    error: 'must hold at least one protocol version',
  }),
  logs: listOf(z.enum(['core', 'disk'], { error: 'must be core or disk' }), 'kinds of logs').min(1, {
    error: 'must hold core, disk or both',
  }),
  integratedFlush: flag,
  cluster: flag,
});

/** A profile, strict: unknown keys are refused. */
export const profileSchema = mapping({
  version: z
    .literal(PROFILE_VERSION, { error: `must be ${PROFILE_VERSION}, the version of the profile format` })
    .meta({ description: 'Version of the profile format.' }),
  name: label.meta({ description: 'Name of the daemon in reports.' }),
  description: anyText,
  install: mapping({
    files: listOf(installedFile, 'files').default([]),
    packages: listOf(text(/^[a-z0-9][a-z0-9+.-]+$/, 'the name of a Debian package'), 'Debian packages')
      .default([])
      .meta({ description: 'Debian packages that the daemon needs in the guest.' }),
  }),
  start: mapping({
    command: argv.meta({ description: 'Program and arguments; stays in the foreground.' }),
    env: environment.optional(),
    cwd: guestPath.optional(),
  }),
  ready,
  stop,
  logs: listOf(
    mapping({
      name: label,
      path: text(/^(stdout|stderr|\/.*)$/, 'stdout, stderr or an absolute path in the guest'),
    }),
    'logs',
  ).meta({ description: 'What the daemon writes and a run collects.' }),
  claims: claims.meta({ description: 'What the daemon supports; what it does not claim is not applicable.' }),
  selfTests: listOf(selfTest, 'self tests').default([]).meta({
    description:
      "The vendor's own tests: programs that run in a node beside the running daemon; each of their results becomes one of the run.",
  }),
  snapshot: flag.meta({
    description: 'Whether the guest may be snapshotted while the daemon runs, and cloned from there.',
  }),
}).meta({ title: 'ulogcheck: profile of a daemon under test' });

/** A profile as its file says it, before paths are resolved. */
export type ProfileDocument = z.infer<typeof profileSchema>;

/**
 * Text of profile.schema.json, generated so that it cannot drift. After a change of the format write it with
 * `node dist/daemon-under-test/profiles/write-schema.js`; a unit test compares the two.
 */
export function profileSchemaDocument(): string {
  return `${JSON.stringify(z.toJSONSchema(profileSchema, { io: 'input' }), undefined, 2)}\n`;
}
