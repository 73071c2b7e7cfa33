import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import type { Publisher } from '../delivery/publisher.ts';
import type { ParsedOptions } from '../options.ts';
import type { Presence } from '../presence/presence.ts';
import { Cluster } from './cluster.ts';
import type { Everywhere } from './everywhere.ts';
import { PresenceGossip } from './presence-gossip.ts';

/** The parts of a node that take part in its cluster. */
export interface ClusterParts {
  readonly registry: ConnectionRegistry;
  readonly bus: Publisher;
  readonly presence: Presence;
  readonly everywhere: Everywhere;
}

/** Wires a node into the cluster of all that share its broker. Only nodes with clients keep the members of all. */
export function composeCluster(
  { transports, broker, clock, limits, logger }: ParsedOptions,
  { registry, bus, presence, everywhere }: ClusterParts,
): Cluster {
  const { nodeId } = registry;
  const serves = transports.length > 0;
  const asked = (question: string, input: unknown): Promise<unknown> => everywhere.answer(question, input);
  if (!serves) return new Cluster({ nodeId, serves, broker, bus, clock, logger }, { channels: new Map(), asked });
  const gossip: PresenceGossip = new PresenceGossip({
    nodeId,
    clock,
    members: presence,
    graceMs: limits.presenceGraceMs,
    isThere: (node) => cluster.has(node),
    say: (channel, message) => cluster.say(channel, message),
    dropped: () => cluster.dropped(),
  });
  presence.onOwnChange = (channel, user) => gossip.changed(channel, user);
  const receive = (text: string): void => gossip.receive(text);
  const cluster = new Cluster(
    { nodeId, serves, broker, bus, clock, logger },
    { channels: new Map(gossip.channels.map((channel) => [channel, receive])), asked, gossip },
  );
  return cluster;
}
