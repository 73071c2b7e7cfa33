import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { within } from '../../hardening/deadline.ts';

/** Who is in a crowd. */
export interface CrowdInput {
  /** The nodes, which they take in turn. */
  readonly urls: readonly string[];
  readonly channel: string;
  readonly count: number;
  /** How many of them are a `RealtimeClient`; the others are bare. Default 0. */
  readonly real?: number;
  /** What their user ids begin with. Default: they are anonymous. */
  readonly users?: string;
  /** The time over which they come. Default: as fast as they can. */
  readonly overMs?: number;
  /** Whether bare clients come back when they lose their connection. Default true. */
  readonly returns?: boolean;
}

/** What they saw. */
export interface CrowdReport {
  /** Some of what should not have been: holes, doubles, gaps, refusals. */
  readonly wrong: readonly string[];
  /** For each that is subscribed and has everything: since when, in milliseconds since 1970. */
  readonly caughtUpAt: readonly number[];
  /** How many messages each got. */
  readonly counts: readonly number[];
  /** The most frames about members that one of them got. */
  readonly presencePerSecond: number;
}

export interface CrowdAsk {
  /** Where they connect from now on. */
  readonly urls?: readonly string[];
}

/** Thousands of clients in a process of their own. */
export class Crowd {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when all are subscribed. Ends with the test. */
  static async start(input: CrowdInput): Promise<Crowd> {
    const child = fork(fileURLToPath(new URL('crowd-process.ts', import.meta.url)), [JSON.stringify(input)], {
      execArgv: ['--conditions=@rt/source', '--disable-warning=ExperimentalWarning'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await within((input.overMs ?? 0) + 120_000, 'the crowd', told(child, 'subscribed'));
    return new Crowd(child);
  }

  /** From now on they connect to these nodes. */
  async leadTo(urls: readonly string[]): Promise<void> {
    await this.#ask({ urls });
  }

  report(): Promise<CrowdReport> {
    return this.#ask({});
  }

  async #ask(ask: CrowdAsk): Promise<CrowdReport> {
    const answer = once(this.#child, 'message');
    this.#child.send(ask);
    const [report] = (await within(60_000, 'a report of the crowd', answer)) as [CrowdReport];
    return report;
  }
}

async function told(child: ChildProcess, word: string): Promise<void> {
  for await (const [message] of on(child, 'message', { close: ['exit'] }) as AsyncIterable<[unknown]>) {
    if (message === word) return;
  }
  throw new Error('the crowd ended');
}
