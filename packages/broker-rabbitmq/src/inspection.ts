import type { BrokerFinding, BrokerReport } from '@rt/core';
import type { ChannelModel } from 'amqplib';
import { closeChannel, openChannel } from './channel.ts';
import type { Link } from './link.ts';
import { versionOf } from './server-check.ts';

const NO_LOG: BrokerFinding = {
  severity: 'problem',
  what: 'streams is false: no channel has a history',
  remedy: 'Leave that option out, on RabbitMQ 3.9 or newer',
};

/** Asks RabbitMQ what it is, and whether the streams of the log are there. Rejects where it does not answer. */
export async function inspect(link: Link): Promise<BrokerReport> {
  const model = link.reader();
  const channel = await openChannel(model, () => undefined);
  try {
    for (let partition = 0; partition < link.partitions; partition++) {
      await channel.checkQueue(link.names.stream(partition));
    }
  } finally {
    closeChannel(channel);
  }
  const hasLog = link.partitions > 0;
  return {
    service: `RabbitMQ ${versionOf(model)}`,
    shape: `a node of the cluster ${clusterOf(model)}`,
    restart: hasLog
      ? { outcome: 'kept', detail: 'all that was acknowledged' }
      : { outcome: 'lost', detail: 'nothing is kept' },
    findings: hasLog ? [] : [NO_LOG],
  };
}

/** What RabbitMQ calls the cluster: a single server is one too. */
function clusterOf({ connection }: ChannelModel): string {
  const { cluster_name: name } = connection.serverProperties as { readonly cluster_name?: unknown };
  return typeof name === 'string' ? name : 'without a name';
}
