import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** On the path of every system that these tests are for; where it is missing, the tests that need it fail and say so. */
const OPENSSL = 'openssl';

/** A private key and a certificate that signed itself: trusted by whoever has it as `ca`, and by nobody else. */
export interface Certificate {
  readonly keyFile: string;
  readonly certFile: string;
  /** PEM, for `ca`. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes one for a day, in files of its own. `names`: whom it is for; default this machine. */
export async function makeCertificate(names = 'DNS:localhost,IP:127.0.0.1'): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'rt-certificate-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  await run(OPENSSL, [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=rt-test', '-addext', `subjectAltName=${names}`, '-keyout', keyFile, '-out', certFile],
  ]);
  return {
    keyFile,
    certFile,
    cert: await readFile(certFile, 'utf8'),
    key: await readFile(keyFile, 'utf8'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
