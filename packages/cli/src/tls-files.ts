import type { RealtimeOptions } from '@rt/core';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { codeOf, messageOf, usageError } from './command-error.ts';

/** Reads certificate and key (PEM). Throws a usage error for one without the other, and for files that are not a pair. */
export async function readTlsFiles(
  keyFile: string | undefined,
  certFile: string | undefined,
): Promise<RealtimeOptions['tls']> {
  if (keyFile === undefined && certFile === undefined) return undefined;
  if (keyFile === undefined) throw usageError('--tls-cert needs --tls-key too');
  if (certFile === undefined) throw usageError('--tls-key needs --tls-cert too');
  const tls = { key: await readPem('--tls-key', keyFile), cert: await readPem('--tls-cert', certFile) };
  try {
    createSecureContext(tls);
  } catch (cause) {
    throw usageError(`${keyFile} and ${certFile} are not a PEM key and its certificate: ${messageOf(cause)}`, cause);
  }
  return tls;
}

async function readPem(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw usageError(
      `${flag}: can not read ${file} (${codeOf(cause) ?? messageOf(cause)}): check path and permissions`,
      cause,
    );
  }
}
