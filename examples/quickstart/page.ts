import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** Only what this server serves runs in the page. `ws:` and `wss:` because older Safaris do not count them as 'self'. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** One folder, no sub-folders: a name without a slash can't lead anywhere else. */
const FILE = /^\/([a-z-]+\.(?:html|js|css))$/;

/** Serves the files of `public/`, and `index.html` at `/`. */
export function servePage(req: IncomingMessage, res: ServerResponse): void {
  const [path] = (req.url ?? '/').split('?', 1);
  const name = path === '/' ? 'index.html' : FILE.exec(path ?? '')?.[1];
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    res.writeHead(405, { ...HEADERS, allow: 'GET, HEAD' }).end();
  } else if (name === undefined) {
    notFound(res);
  } else {
    readFile(new URL(`public/${name}`, import.meta.url)).then(
      (bytes) => {
        res.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(name)], 'content-length': bytes.length });
        res.end(req.method === 'HEAD' ? undefined : bytes);
      },
      () => notFound(res),
    );
  }
}

function notFound(res: ServerResponse): void {
  res.writeHead(404, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end('There is nothing here.\n');
}
