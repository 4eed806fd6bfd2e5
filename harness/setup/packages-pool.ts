import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { PackageError } from './packages-errors.js';

/** So long a mirror may take to answer a question about one file, milliseconds. */
const ANSWER_MS = 15_000;
/** How many questions are asked at once. */
const AT_ONCE = 8;

/** Where a package of a version lies in an archive, below its root. `source` is the name of its source package. */
export function poolPath(source: string, name: string, version: string): string {
  const first = source.startsWith('lib') ? source.slice(0, 4) : source.slice(0, 1);
  // An epoch is no part of the name of a file.
  return `pool/main/${first}/${source}/${name}_${version.replace(/^\d+:/, '')}_amd64.deb`;
}

/** The proxy for plain http, as apt would use it: of lines of apt.conf(5), else of the environment. */
export function httpProxy(
  settings: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const set = settings.map((line) => /^Acquire::http::Proxy "([^"]*)";$/i.exec(line)?.[1]).find(Boolean);
  const proxy = set ?? env['http_proxy'];
  return proxy === undefined || proxy === '' || proxy === 'DIRECT' ? undefined : proxy;
}

/** Statuses from 400 to 499 by which a mirror says "not now"; by the others it says that there is no such file for us. */
const NOT_NOW = [408, 425, 429];

/**
 * Bytes of the files that an archive has, by path, of those asked for; asks with HEAD, through a proxy for http if
 * there is one. An archive that is reached in another way has none of them. Throws {@link PackageError} when it does not
 * answer, or neither yes nor no: nobody may take that for a no.
 */
export async function filesInPool(
  archive: string,
  paths: readonly string[],
  proxy: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let index = 0; index < paths.length; index += AT_ONCE) {
    const some = paths.slice(index, index + AT_ONCE);
    const sizes = await Promise.all(some.map((path) => sizeOf(`${archive}/${path}`, proxy)));
    for (const [at, size] of sizes.entries()) {
      const path = some[at];
      if (path !== undefined && size !== undefined) found.set(path, size);
    }
  }
  return found;
}

async function sizeOf(
  address: string,
  proxy: string | undefined,
  redirects = 3,
): Promise<number | undefined> {
  const answer = await head(address, proxy);
  if (answer === undefined) return undefined;
  if (answer.location !== undefined && redirects > 0) {
    return sizeOf(new URL(answer.location, address).href, proxy, redirects - 1);
  }
  if (answer.status === 200) return answer.length;
  const { status } = answer;
  if (status >= 400 && status < 500 && !NOT_NOW.includes(status)) return undefined;
  throw new PackageError('network', `${address}: the mirror answers with status ${status}`);
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly length: number;
}

function head(address: string, proxy: string | undefined): Promise<Answer | undefined> {
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return Promise.resolve(undefined);
  const common: RequestOptions = { method: 'HEAD', timeout: ANSWER_MS };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, common)
        : proxy === undefined
          ? httpRequest(url, common)
          : httpRequest(new URL(proxy), { ...common, path: url.href, headers: { host: url.host } });
    request.on('response', (response) => {
      response.resume();
      const { statusCode: status = 0, headers } = response;
      const location = status >= 300 && status < 400 ? headers.location : undefined;
      resolve({ status, location, length: Number(headers['content-length'] ?? 0) });
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => {
      reject(
        new PackageError('network', `${address}: the mirror does not answer: ${error.message}`, {
          cause: error,
        }),
      );
    });
    request.end();
  });
}
