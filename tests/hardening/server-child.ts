import type { RealtimeOptions } from '@rt/core';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { within } from './deadline.ts';
import { RawClient, randomName } from './raw-client.ts';
import { API_KEY } from './server.ts';

/** A server in a process of its own, so that its memory and its delays are not the attacker's. */
export class ServerChild {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** Starts one with options that JSON can carry. Ends with the test, which fails when it ended before. */
  static async start(options: RealtimeOptions = {}): Promise<ServerChild> {
    const file = fileURLToPath(new URL('server-process.ts', import.meta.url));
    const child = fork(file, [JSON.stringify({ options, apiKey: API_KEY })], {
      // A small young generation, so that garbage that waits to be collected is not taken for memory in use.
      execArgv: [
        '--conditions=@rt/source',
        '--expose-gc',
        '--max-semi-space-size=1',
        '--disable-warning=ExperimentalWarning',
      ],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(async () => {
      const isAlive = child.exitCode === null && child.signalCode === null;
      if (isAlive) {
        const exited = once(child, 'exit');
        child.disconnect();
        await exited;
      }
      expect(isAlive, 'the server process is alive at the end of the test').toBe(true);
    });
    const { port } = await answerOf<{ port: number }>(child);
    return new ServerChild(child, port);
  }

  /**
   * The memory that `attack` made the server take on top, at its highest. Honest traffic comes first, so that the
   * buffers that any traffic needs are there.
   */
  async memoryTakenBy(attack: () => Promise<void>): Promise<number> {
    for (let round = 0; round < 4; round++) {
      const client = await RawClient.open(this.port);
      for (let n = 0; n < 60; n++) client.send(['send', 0, randomName(), 'event', 'x'.repeat(60_000)]);
      await client.roundTrip();
      client.raw.socket.destroy();
    }
    const before = await this.#ask('watch');
    await attack();
    return (await this.#ask('peak')) - before;
  }

  async #ask(what: 'watch' | 'peak'): Promise<number> {
    const answer = answerOf<{ bytes: number }>(this.#child);
    this.#child.send(what);
    return (await answer).bytes;
  }
}

async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const [answer] = (await within(20_000, 'an answer of the server process', once(child, 'message'))) as [Answer];
  return answer;
}
