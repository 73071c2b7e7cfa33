import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Names that people can't open in a browser, or would not. */
const THIS_MACHINE = new Set(['127.0.0.1', '0.0.0.0', '::1', '::']);

/** Listens and resolves with the URL for people. Ends the process with 2, and one line that says what to do, if it can't. */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    console.error(adviceFor(error, port, host));
    process.exit(2);
  }
  const actual = (server.address() as AddressInfo).port;
  return `http://${THIS_MACHINE.has(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${actual}`;
}

function adviceFor(error: unknown, port: number, host: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const other = `take another one: npm start -- --port ${port < 1024 ? 6001 : port + 1}`;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken: stop what runs there, or ${other}`;
    case 'EACCES':
      return `Port ${port} is not allowed for you: ${other}`;
    default:
      return `Can't listen on ${host}, port ${port} (${String(code ?? error)}): try npm start without --host`;
  }
}
