import { RealtimeError } from '@rt/protocol';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from './answer.ts';
import type { Router } from './router.ts';

type RequestListener = (req: IncomingMessage, res: ServerResponse) => void;

/** Node ≥ 22.21 and ≥ 24.9 ask this before they emit `upgrade`; what it declines arrives as an ordinary request. */
interface UpgradeChooser {
  shouldUpgradeCallback?: (req: IncomingMessage) => boolean;
}

/**
 * Puts `router` before the listeners that `server` has. Requests that are not the router's reach them as before;
 * so do upgrades, and where nobody else takes upgrades a request that asks for one (`h2c`, say) is answered as if it had not.
 * Returns what takes it back.
 */
export function attachRouter(server: Server, router: Router): () => void {
  const earlier = server.listeners('request') as RequestListener[];
  const onRequest: RequestListener = (req, res) => {
    if (router.handle(req, res)) return;
    for (const listener of earlier) listener.call(server, req, res);
    if (earlier.length === 0 && server.listenerCount('request') === 1) res.writeHead(404).end();
  };
  const onUpgrade = (req: IncomingMessage, socket: Duplex, head: Uint8Array): void => {
    if (router.upgrade(req, socket, head) || server.listenerCount('upgrade') > 1) return;
    refuseUpgrade(socket, new RealtimeError('NOT_FOUND', 'nothing takes upgrades at this path'));
  };
  server.removeAllListeners('request');
  server.on('request', onRequest);
  server.on('upgrade', onUpgrade);
  const chooser = server as UpgradeChooser;
  const chosenBefore = chooser.shouldUpgradeCallback;
  if (chosenBefore !== undefined) {
    chooser.shouldUpgradeCallback = (req) =>
      router.owns(req) || (server.listenerCount('upgrade') > 1 && chosenBefore.call(server, req));
  }
  return () => {
    server.off('request', onRequest);
    server.off('upgrade', onUpgrade);
    for (const listener of earlier) server.on('request', listener);
    if (chosenBefore !== undefined) chooser.shouldUpgradeCallback = chosenBefore;
  };
}
