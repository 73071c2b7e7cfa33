import { RealtimeError } from '@rt/protocol';
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';

interface Script {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** The files of the script-tag build, by the names that `@rt/client` exports them under. */
export type ClientScriptName = 'script' | 'script-http' | 'script-features';

/** Serves one file of the script-tag build of `@rt/client`, where that package is installed beside this one. */
export class ClientScript {
  readonly #name: ClientScriptName;
  #script: Promise<Script> | undefined;

  constructor(name: ClientScriptName) {
    this.#name = name;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.#script ??= load(this.#name);
    const { bytes, etag } = await this.#script;
    const headers = {
      etag,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      // What the script imports by itself is asked for by the page's rules for modules, from whatever origin that is.
      'access-control-allow-origin': '*',
    };
    if (req.headers['if-none-match'] === etag) {
      res.writeHead(304, headers).end();
      return;
    }
    res.writeHead(200, {
      ...headers,
      'content-type': 'text/javascript; charset=utf-8',
      'content-length': bytes.length,
    });
    res.end(req.method === 'HEAD' ? undefined : bytes);
  }
}

async function load(name: ClientScriptName): Promise<Script> {
  try {
    const bytes = await readFile(fileURLToPath(import.meta.resolve(`@rt/client/${name}`)));
    return { bytes, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"` };
  } catch (error) {
    throw new RealtimeError('NOT_FOUND', 'the client script is not here: install @rt/client beside @rt/core', {
      cause: error,
    });
  }
}
