import { parseArgs } from 'node:util';

/** Where the quickstart listens. */
export interface Flags {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
}

/** Reads the command line. Ends the process with 2, and with one line that says what is wrong, if it is not understood. */
export function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string', default: '6001' }, host: { type: 'string', default: '127.0.0.1' } },
    });
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535)
      throw new Error(`--port ${values.port} is no port: 0 to 65535`);
    return { port, host: values.host };
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    console.error(`${reason}. Usage: npm start -- [--port 6001] [--host 127.0.0.1]`);
    return process.exit(2);
  }
}
