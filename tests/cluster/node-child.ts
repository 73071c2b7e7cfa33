import type { RealtimeOptions } from '@rt/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { freePort, LOOPBACK } from '../servers/ports.ts';
import { ServerProcess } from '../servers/process.ts';
import type { LagFigures } from './loop-lag.ts';

/** How a node in a process of its own is made. */
export interface NodeInput {
  /** Where its broker is: `redis://…`, `nats://…` or `amqp://…`. */
  readonly brokerUrl: string;
  readonly namespace?: string;
  /** What JSON can carry of the options. */
  readonly options?: Pick<RealtimeOptions, 'channels' | 'limits'>;
}

/** What a node says about itself. */
export interface NodeStats {
  readonly pid: number;
  /** Open sockets, the few to the broker and the one that asks for this included. */
  readonly connections: number;
  /** How long it kept its own event loop, since the figures were last reset. */
  readonly lag: LagFigures;
  /** The same, with the time that the machine had no processor for it. */
  readonly feltLag: LagFigures;
  readonly heapBytes: number;
}

/** A node in a process of its own, which can be killed and frozen: tokens are user ids, and everybody may send everywhere. */
export class NodeChild {
  readonly url: string;
  readonly #control: string;
  readonly #process: ServerProcess;
  readonly #folder: string;

  constructor(url: string, control: string, process: ServerProcess, folder: string) {
    this.url = url;
    this.#control = control;
    this.#process = process;
    this.#folder = folder;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Ends it as a crash does (SIGKILL). */
  async kill(): Promise<void> {
    await this.#process.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Freezes it (SIGSTOP): its sockets stay open, and nothing is answered. */
  pause(): void {
    this.#process.pause();
  }

  /** Lets it run on (SIGCONT). */
  resume(): void {
    this.#process.resume();
  }

  /** Ends it in order (SIGTERM). */
  async stop(): Promise<void> {
    await this.#process.terminate();
    await this.kill();
  }

  async stats(): Promise<NodeStats> {
    return statsOf(this.#control);
  }

  /** The delays of the event loop are counted from now on. */
  async resetLag(): Promise<void> {
    await statsOf(`${this.#control}/?reset`);
  }

  /** How many members a presence channel has, as this node sees it. */
  async memberCount(channel: string): Promise<number> {
    return Number(await (await fetch(`${this.#control}/members?channel=${encodeURIComponent(channel)}`)).text());
  }
}

/** Starts a node in a process of its own; it ends with the test. */
export async function startNodeProcess(input: NodeInput): Promise<NodeChild> {
  const [port, controlPort] = [await freePort(), await freePort()];
  const control = `http://${LOOPBACK}:${controlPort}`;
  const folder = await mkdtemp(join(tmpdir(), 'rt-node-'));
  const started = await ServerProcess.start({
    command: process.execPath,
    args: [
      '--conditions=@rt/source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('node-process.ts', import.meta.url)),
      JSON.stringify({ ...input, port, controlPort }),
    ],
    folder,
    ready: async (pid) => (await statsOf(control)).pid === pid,
  });
  const node = new NodeChild(`http://${LOOPBACK}:${port}`, control, started, folder);
  onTestFinished(() => node.kill());
  return node;
}

async function statsOf(control: string): Promise<NodeStats> {
  return (await (await fetch(control)).json()) as NodeStats;
}
