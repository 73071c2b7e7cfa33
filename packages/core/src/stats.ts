import type { BrokerHealth } from './contracts/broker.ts';
import type { RealtimeNode } from './node.ts';

/** What runs, and what waits for its turn. */
export interface Load {
  readonly running: number;
  readonly queued: number;
}

/** What one node does at the moment, for those who run it. Nothing in it tells who its users are. */
export interface NodeStats {
  readonly node: string;
  readonly state: 'new' | 'started' | 'closing' | 'closed';
  /** Open connections, and those that are about to be. */
  readonly connections: number;
  /** Channels that a connection of this node is subscribed to. */
  readonly channels: number;
  readonly messages: {
    /** Since the start: those of the application, of the HTTP API and of this node's clients. */
    readonly published: number;
    /** Bytes that wait for slow connections. */
    readonly queuedBytes: number;
  };
  readonly invocations: {
    /** Since the start. */
    readonly begun: number;
    /** Since the start: refused with `OVERLOADED`. */
    readonly refused: number;
    /** Handlers and methods. */
    readonly handlers: Load;
    /** Authorizers and `authenticate`. */
    readonly authorizers: Load;
  };
  readonly broker: { readonly name: string; readonly state: BrokerHealth['state'] };
}

/** Everything is counted where it happens: this only looks. */
export function statsOf(node: RealtimeNode): NodeStats {
  const { connections, options, parts, state } = node;
  const { interest, invocations, messages, connectionServices } = parts;
  const { work, decisions, begun, refused } = invocations;
  return {
    node: connections.nodeId,
    state,
    connections: connections.size,
    channels: interest.size,
    messages: { published: messages.published, queuedBytes: connectionServices.queued.bytes },
    invocations: {
      begun,
      refused,
      handlers: { running: work.running, queued: work.queued },
      authorizers: { running: decisions.running, queued: decisions.queued },
    },
    broker: { name: options.broker.name, state: options.broker.health().state },
  };
}
