import { recordPublish } from '../checker/attach.ts';
import type { Recorder } from '../checker/recorder.ts';
import type { SimClient } from './sim-client.ts';
import type { SimNode } from './sim-node.ts';

/** What an application publishes. */
export interface Publication {
  readonly channel: string;
  readonly data: unknown;
  readonly except?: SimClient | undefined;
  readonly publishId?: string | undefined;
  /** How often it is tried again; only with a publish id. */
  readonly retries: number;
}

/** The application on every node: publishes, and writes down what became of it. */
export class SimPublisher {
  readonly #recorder: Recorder;
  readonly #anyNode: () => SimNode | undefined;
  readonly #publishing = new Map<SimNode, Set<Promise<unknown>>>();

  constructor(recorder: Recorder, anyNode: () => SimNode | undefined) {
    this.#recorder = recorder;
    this.#anyNode = anyNode;
  }

  publish(node: SimNode, publication: Publication): void {
    const theirs = this.#publishing.get(node) ?? new Set();
    this.#publishing.set(node, theirs.add(this.#attempt(node, publication)));
  }

  /** `node` is dead: what it was at work on never settles. */
  forget(node: SimNode): void {
    this.#publishing.delete(node);
  }

  /** Resolves when everything has an answer. */
  async settled(): Promise<void> {
    await Promise.all([...this.#publishing.values()].flatMap((theirs) => [...theirs]));
  }

  async #attempt(node: SimNode, publication: Publication): Promise<void> {
    const { channel, data, except, publishId, retries } = publication;
    const recorded = { channel, data, publishId, except: except === undefined ? [] : [except.name] };
    try {
      await recordPublish(this.#recorder, recorded, () => broadcast(node, publication));
    } catch {
      // It is recorded. Whoever gave it an id may try again, at another node as well.
      const next = publishId === undefined || retries === 0 ? undefined : this.#anyNode();
      if (next !== undefined) this.publish(next, { ...publication, retries: retries - 1 });
    }
  }
}

function broadcast(
  { realtime }: SimNode,
  { channel, data, except, publishId }: Publication,
): Promise<{ cursor?: string }> {
  const options = {
    ...(except === undefined ? {} : { except: { instance: except.instance, user: except.user! } }),
    ...(publishId === undefined ? {} : { id: publishId }),
  };
  return channel.startsWith('user.')
    ? realtime.sendToUser(channel.slice('user.'.length), 'said', data, options)
    : realtime.broadcast(channel, 'said', data, options);
}
