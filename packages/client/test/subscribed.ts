import type { Subscription } from '@rt/client';
import { newClient, randomName } from './open-client.ts';
import type { Scene } from './open-client.ts';
import type { Peer } from './scripted-server.ts';

/** A confirmed subscription, with the server's side of its connection. */
export async function subscribed(): Promise<Scene & { peer: Peer; subscription: Subscription; channel: string }> {
  const scene = await newClient();
  const channel = randomName();
  const subscription = scene.client.subscribe(channel);
  const peer = await scene.server.peers.next();
  await peer.accept();
  await subscription.subscribed;
  return { ...scene, peer, subscription, channel };
}
