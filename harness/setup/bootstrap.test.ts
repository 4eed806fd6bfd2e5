import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { ownedTempDir, runOwned } from './owned.mjs';
import { projectRoot } from './root.mjs';

/** Stands in for npm: `ci` notes that it ran, and puts a stand-in for tsc into node_modules. */
const NPM = `
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
appendFileSync('calls', 'npm ' + process.argv.slice(2).join(' ') + '\\n');
if (existsSync('npm-fails')) {
  console.error('npm error network ENOTFOUND');
  process.exit(1);
}
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/typescript/bin', { recursive: true });
writeFileSync('node_modules/package.json', '{"type":"module"}');
if (existsSync('npm-hangs')) {
  console.log(process.pid);
  writeFileSync('npm-hanging', '');
  setInterval(() => {}, 1000);
} else {
  cpSync('tsc.js', 'node_modules/typescript/bin/tsc');
}
`;

/** Stands in for tsc: copies. */
const TSC = `
const { appendFileSync, cpSync, existsSync, readFileSync } = require('node:fs');
appendFileSync('calls', 'tsc\\n');
cpSync('harness', 'dist/harness', { recursive: true });
if (existsSync('dist/harness/cli/main.ts')) cpSync('dist/harness/cli/main.ts', 'dist/harness/cli/main.js');
if (readFileSync('harness/cli/main.ts', 'utf8').includes('TYPE ERROR')) {
  console.log('harness/cli/main.ts(1,1): error TS0: no');
  process.exit(2);
}
`;

const CLI = `
process.on('SIGTERM', () => process.exit(7));
console.log(JSON.stringify(process.argv.slice(2)));
if (process.argv.includes('wait')) setInterval(() => {}, 1000);
`;

interface Start {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A checkout with our set-up code, and stand-ins for what it calls. */
class Checkout implements AsyncDisposable {
  private constructor(
    private readonly directory: AsyncDisposable & { readonly path: string },
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async make(): Promise<Checkout> {
    const directory = await ownedTempDir('ulogcheck-checkout-');
    const checkout = new Checkout(directory, {
      ...process.env,
      npm_lifecycle_event: undefined,
      npm_execpath: join(directory.path, 'npm-cli.js'),
    });
    const setup = join(projectRoot, 'harness/setup');
    await mkdir(checkout.path('harness/setup'), { recursive: true });
    for (const name of await readdir(setup)) {
      if (/\.(mjs|sh)$/.test(name))
        await copyFile(join(setup, name), checkout.path(join('harness/setup', name)));
    }
    await checkout.write('package.json', '{"type":"module"}');
    await checkout.write('package-lock.json', '{}');
    await checkout.write('tsconfig.json', '{"include":["harness"]}');
    await checkout.write('npm-cli.js', NPM);
    await checkout.write('tsc.js', TSC);
    await checkout.write('harness/cli/main.ts', CLI);
    return checkout;
  }

  path(relative: string): string {
    return join(this.directory.path, relative);
  }

  async write(relative: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(relative)), { recursive: true });
    await writeFile(this.path(relative), text);
    await chmod(this.path(relative), 0o755);
  }

  async start(...args: string[]): Promise<Start> {
    return runOwned([process.execPath, 'harness/setup/start.mjs', ...args], {
      cwd: this.directory.path,
      env: this.env,
      allow: [0, 1, 7, 69],
      deadlineMs: 30_000,
    });
  }

  /** What npm and tsc were called for since the last time. */
  async calls(): Promise<string[]> {
    const text = existsSync(this.path('calls')) ? await readFile(this.path('calls'), 'utf8') : '';
    await rm(this.path('calls'), { force: true });
    return text.split('\n').filter((line) => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.directory[Symbol.asyncDispose]();
  }
}

const NPM_CI = 'npm ci --ignore-scripts --include=dev --no-audit --no-fund';

describe('npm start', () => {
  test('sets up what is missing, says so, and passes arguments on; the second time there is nothing to do', async () => {
    await using checkout = await Checkout.make();
    const first = await checkout.start('-g', 'LUID-03');
    assert.match(
      first.stdout,
      /^setup {2}npm packages \.\.\. \d+\.\d s\nsetup {2}compile \.\.\. \d+\.\d s\n\["run","-g","LUID-03"\]\n$/,
    );
    assert.equal(first.status, 0);
    assert.deepEqual(await checkout.calls(), [NPM_CI, 'tsc']);
    assert.deepEqual((await checkout.start()).stdout, '["run"]\n');
    assert.deepEqual(await checkout.calls(), []);
  });

  test('compiles again what changed, and forgets what has no source any more', async () => {
    await using checkout = await Checkout.make();
    await checkout.write('harness/old.test.ts', '');
    await checkout.write('dist/harness/older.test.js', '');
    await checkout.start();
    await checkout.calls();
    assert.ok(!existsSync(checkout.path('dist/harness/older.test.js')));
    await checkout.write('harness/cli/main.ts', 'console.log("changed")');
    assert.match((await checkout.start()).stdout, /^setup {2}compile \.\.\. .*\nchanged\n$/);
    assert.deepEqual(await checkout.calls(), ['tsc']);
  });

  test('afterwards dist/ is known to be fresh, until a source changes or goes; npm run build mends that', async () => {
    await using checkout = await Checkout.make();
    const stale = async (): Promise<string> => {
      const script = "console.log((await import('./harness/setup/build.mjs')).staleFile())";
      const argv = [process.execPath, '--input-type=module', '-e', script];
      return (await runOwned(argv, { cwd: checkout.path('.'), deadlineMs: 30_000 })).stdout.trim();
    };
    const build = async (): Promise<void> => {
      const argv = [process.execPath, 'harness/setup/compile.mjs'];
      await runOwned(argv, { cwd: checkout.path('.'), env: checkout.env, deadlineMs: 30_000 });
    };
    await checkout.start();
    assert.equal(await stale(), 'undefined');
    await checkout.write('harness/cli/main.ts', CLI);
    assert.equal(await stale(), 'harness/cli/main.ts');
    await build();
    assert.equal(await stale(), 'undefined');
    await checkout.write('dist/harness/cli/gone.js', '');
    await checkout.write('dist/.build-stamp.json', '');
    assert.equal(await stale(), 'dist/harness/cli/gone.js');
    await build();
    assert.equal(await stale(), 'undefined');
  });

  test('tells ulogcheck that dist/ has just been compiled', async () => {
    await using checkout = await Checkout.make();
    await checkout.write('harness/cli/main.ts', 'console.log(process.env.ULOGCHECK_BUILT)');
    assert.match((await checkout.start()).stdout, /\n1\n$/);
  });

  test('two at once install once', async () => {
    await using checkout = await Checkout.make();
    const both = await Promise.all([checkout.start('a'), checkout.start('b')]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [0, 0],
    );
    assert.deepEqual(await checkout.calls(), [NPM_CI, 'tsc']);
  });

  test('notices that npm ci was interrupted', async () => {
    await using checkout = await Checkout.make();
    await checkout.write('npm-hangs', '');
    const victim = spawn(process.execPath, ['harness/setup/start.mjs'], {
      cwd: checkout.path('.'),
      env: checkout.env,
    });
    const ended = new Promise((done) => victim.once('exit', done));
    while (!existsSync(checkout.path('npm-hanging'))) await new Promise((done) => setTimeout(done, 20));
    victim.kill('SIGKILL');
    await ended;
    await rm(checkout.path('npm-hangs'));
    await checkout.calls();
    assert.equal((await checkout.start()).status, 0);
    assert.deepEqual(await checkout.calls(), [NPM_CI, 'tsc']);
  });

  test('npm fails: its last words, a remedy, status 69', async () => {
    await using checkout = await Checkout.make();
    await checkout.write('npm-fails', '');
    const { status, stdout, stderr } = await checkout.start();
    assert.equal(status, 69);
    assert.match(stdout, /^setup {2}npm packages \.\.\. failed after \d+\.\d s\n$/);
    assert.equal(
      stderr,
      'ulogcheck: npm could not install the packages of package-lock.json (exit status 1):\n' +
        '  npm error network ENOTFOUND\n' +
        'Is the registry of `npm config get registry` reachable (proxy: npm config set https-proxy URL)? Is the disk full?\n' +
        'It is tried again at the next start.\n',
    );
  });

  test('the sources do not compile: what tsc said, status 69, every time', async () => {
    await using checkout = await Checkout.make();
    await checkout.write('harness/cli/main.ts', '// TYPE ERROR');
    for (let round = 0; round < 2; round++) {
      const { status, stderr } = await checkout.start();
      assert.equal(status, 69);
      assert.equal(
        stderr,
        'ulogcheck: the sources do not compile:\nharness/cli/main.ts(1,1): error TS0: no\n',
      );
    }
    assert.deepEqual(await checkout.calls(), [NPM_CI, 'tsc']);
  });

  test('hands signals on, and the exit status back', async () => {
    await using checkout = await Checkout.make();
    const run = spawn(process.execPath, ['harness/setup/start.mjs', 'wait'], {
      cwd: checkout.path('.'),
      env: checkout.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => run.once('exit', done));
    let text = '';
    await new Promise<void>((done) => {
      run.stdout.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (text.includes('["run","wait"]')) done();
      });
    });
    run.kill('SIGTERM');
    assert.equal(await ended, 7);
  });
});
