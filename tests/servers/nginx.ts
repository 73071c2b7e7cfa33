import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OwnServer, startOwn } from './own-server.ts';
import { freePort } from './ports.ts';
import type { ServerProcessOptions } from './process.ts';
import { roundRobin } from './proxy-config.ts';
import type { ConfigChange } from './proxy-config.ts';

const BINARY = process.env['NGINX_PATH'] ?? 'nginx';
const CONFIG = new URL('../../docs/deploy/nginx.conf', import.meta.url);
/** Where it may write; without these it takes folders of the system. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** An nginx of our own with the configuration of docs/deploy, spreading requests over `ports` in turn. */
export class Nginx extends OwnServer {
  readonly #ports: readonly number[];
  readonly #change: ConfigChange;

  static start(ports: readonly number[], change: ConfigChange = (config) => config): Promise<Nginx> {
    return startOwn({ kind: 'nginx', make: async (dir) => new Nginx(ports, change, { dir, port: await freePort() }) });
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
    const folders = TEMPORARY.map((kind) => `${kind}_temp_path ${join(this.dir, kind)};`).join(' ');
    const config = roundRobin(this.#change(await readFile(CONFIG, 'utf8')), {
      listen: [/listen 8080;/, `listen ${this.host}:${this.port};`],
      balance: [/least_conn;/, ''],
      node: (index) => new RegExp(`127\\.0\\.0\\.1:600${index + 1}`),
      ports: this.#ports,
    });
    await writeFile(join(this.dir, 'nginx.conf'), config.replace('http {', `http {\n  access_log off; ${folders}`));
  }

  protected launching(): Omit<ServerProcessOptions, 'folder'> {
    return {
      command: BINARY,
      // One process, so that ending it leaves no workers behind.
      args: [
        '-p',
        this.dir,
        '-e',
        'stderr',
        '-c',
        'nginx.conf',
        '-g',
        'daemon off; master_process off; pid nginx.pid;',
      ],
      ready: async () => (await fetch(`${this.url}/not-there`)).status === 404,
    };
  }
}
