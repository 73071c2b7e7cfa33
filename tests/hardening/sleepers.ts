import type { RealtimeOptions } from '@rt/core';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { within } from './deadline.ts';
import { API_KEY } from './server.ts';

/** What one client was told. */
export interface SleeperAccount {
  /** The data of each message, and `a gap` for each gap. */
  readonly got: unknown[];
  /** Each state of the connection since it was first open. */
  readonly states: string[];
  /** The code of each error that the client told. */
  readonly errors: string[];
}

/** What their process is given. */
export interface SleepersInput {
  readonly channel: string;
  readonly count: number;
  /** The server; absent where it is in the same process. */
  readonly url?: string;
  readonly server?: RealtimeOptions;
}

/** Several real clients in one process, which can be stopped like a laptop whose lid is closed. */
export class Sleepers {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Resolves when all are subscribed. Ends with the test. */
  static async start(input: SleepersInput): Promise<Sleepers> {
    const file = fileURLToPath(new URL('sleepers-process.ts', import.meta.url));
    const child = fork(file, [JSON.stringify({ ...input, apiKey: API_KEY })], {
      execArgv: ['--conditions=@rt/source', '--disable-warning=ExperimentalWarning'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [{ url }] = (await within(20_000, 'the clients', once(child, 'message'))) as [{ readonly url: string }];
    return new Sleepers(child, url);
  }

  fallAsleep(): void {
    this.#child.kill('SIGSTOP');
  }

  wakeUp(): void {
    this.#child.kill('SIGCONT');
  }

  /** What each was told, once `last` is the newest message of all. */
  async accounts(last: number): Promise<readonly SleeperAccount[]> {
    const told = once(this.#child, 'message');
    this.#child.send(last);
    const [{ accounts }] = (await within(20_000, 'the last message at all clients', told)) as [
      { readonly accounts: readonly SleeperAccount[] },
    ];
    return accounts;
  }
}
