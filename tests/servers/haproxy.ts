import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OwnServer, startOwn } from './own-server.ts';
import { freePort } from './ports.ts';
import type { ServerProcessOptions } from './process.ts';
import { roundRobin } from './proxy-config.ts';
import type { ConfigChange } from './proxy-config.ts';

const BINARY = process.env['HAPROXY_PATH'] ?? 'haproxy';
const CONFIG = new URL('../../docs/deploy/haproxy.cfg', import.meta.url);

/** A HAProxy of our own with the configuration of docs/deploy, spreading requests over `ports` in turn. */
export class HaProxy extends OwnServer {
  readonly #ports: readonly number[];
  readonly #change: ConfigChange;

  static start(ports: readonly number[], change: ConfigChange = (config) => config): Promise<HaProxy> {
    return startOwn({
      kind: 'haproxy',
      clash: /cannot bind socket/i,
      make: async (dir) => new HaProxy(ports, change, { dir, port: await freePort() }),
    });
  }

  private constructor(ports: readonly number[], change: ConfigChange, at: { dir: string; port: number }) {
    super(at.dir, at.port);
    this.#ports = ports;
    this.#change = change;
  }

  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  async configure(): Promise<void> {
    const config = roundRobin(this.#change(await readFile(CONFIG, 'utf8')), {
      listen: [/bind :8080/, `bind ${this.host}:${this.port}`],
      balance: [/balance leastconn/, 'balance roundrobin'],
      node: (index) => new RegExp(`127\\.0\\.0\\.1:600${index + 1}`),
      ports: this.#ports,
    });
    await writeFile(join(this.dir, 'haproxy.cfg'), config);
  }

  protected launching(): Omit<ServerProcessOptions, 'folder'> {
    return {
      command: BINARY,
      args: ['-db', '-f', join(this.dir, 'haproxy.cfg')],
      // It answers 503 by itself until it has found a node ready.
      ready: async () => (await fetch(`${this.url}/realtime/ready`)).ok,
    };
  }
}
