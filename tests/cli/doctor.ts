import { expect } from 'vitest';
import type { TcpProxy } from '../servers/tcp-proxy.ts';
import type { ProjectFolder } from './project-folder.ts';
import { runRt } from './rt-process.ts';

/** Variables of the environment. */
type Env = Readonly<Record<string, string>>;

/** What `rt doctor --json` prints, as far as tests look at it. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly broker: string;
  readonly service?: string;
  readonly shape?: string;
  readonly survives: readonly { readonly event: string; readonly outcome: string; readonly detail: string }[];
  readonly roundTrips: Readonly<
    Record<string, { readonly count: number; readonly p50Ms: number; readonly p99Ms: number }>
  >;
  readonly findings: readonly { readonly severity: string; readonly what: string; readonly remedy: string }[];
}

/** The event that no trial can show: the server tells. */
export const RESTART = 'the broker is killed and started again';

/** Runs `rt doctor` in a folder. */
export class Doctor {
  readonly #folder: ProjectFolder;

  constructor(folder: ProjectFolder) {
    this.#folder = folder;
  }

  run(args: readonly string[], env: Env = {}): ReturnType<typeof runRt> {
    return runRt(['doctor', ...args], { cwd: this.#folder.path, env });
  }

  /** What it finds out, with the exit code that says the same. */
  async diagnosed(args: readonly string[], env: Env = {}): Promise<Diagnosis> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], env);
    // What the client of Redis writes where it may not ask.
    expect(stderr.replace(/^Skipping the ready check .*\n/gm, '')).toBe('');
    const diagnosis = JSON.parse(stdout) as Diagnosis;
    expect(code).toBe(diagnosis.ok ? 0 : 1);
    return diagnosis;
  }
}

/** What becomes of messages at a restart of the broker. */
export function restartOf({ survives }: Diagnosis): string | undefined {
  return survives.find(({ event }) => event === RESTART)?.outcome;
}

/** The events at which messages are lost. */
export function lost({ survives }: Diagnosis): readonly string[] {
  return survives.filter(({ outcome }) => outcome === 'lost').map(({ event }) => event);
}

/** Every answer of the server names another version, of the same length. */
export function claims(proxy: TcpProxy, pattern: RegExp, version: string): void {
  proxy.tamper('downstream', (chunk) =>
    Buffer.from(
      chunk.toString('latin1').replace(pattern, (_, before: string) => `${before}${version}`),
      'latin1',
    ),
  );
}
