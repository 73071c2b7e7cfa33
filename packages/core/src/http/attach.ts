import { RealtimeError } from '@rt/protocol';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from './answer.ts';
import type { Router } from './router.ts';

/** Node ≥ 22.21 and ≥ 24.9 ask this before they emit `upgrade`; what it declines arrives as an ordinary request. */
interface UpgradeChooser {
  shouldUpgradeCallback?: (req: IncomingMessage) => boolean;
}

/**
 * Puts `router` before every listener of `server`, those of today and those to come: a listener of its own would not do,
 * because each of the application's hears every request and upgrade too (`ws` refuses upgrades that are not for its path).
 * Where nobody else takes upgrades, a request that asks for one (`h2c`, say) is answered as if it had not.
 * Returns what takes it back.
 */
export function attachRouter(server: Server, router: Router): () => void {
  let isAttached = true;
  // oxlint-disable-next-line typescript/unbound-method -- called with the server as `this` below.
  const emitBefore = server.emit;
  const emit = (event: string | symbol, ...args: readonly unknown[]): boolean => {
    if (isAttached && event === 'request') {
      const [req, res] = args as [IncomingMessage, ServerResponse];
      if (router.handle(req, res)) return true;
      if (server.listenerCount('request') === 0) res.writeHead(404).end();
    } else if (isAttached && event === 'upgrade') {
      const [req, socket, head] = args as [IncomingMessage, Duplex, Uint8Array];
      if (router.upgrade(req, socket, head)) return true;
    }
    return Reflect.apply(emitBefore, server, [event, ...args]);
  };
  server.emit = emit as Server['emit'];
  server.on('upgrade', refuseUnclaimed);
  const chooser = server as UpgradeChooser;
  const chosenBefore = chooser.shouldUpgradeCallback;
  const chosen = (req: IncomingMessage): boolean =>
    (isAttached && router.takesUpgrade(req)) || (chosenBefore!.call(server, req) && hasOtherUpgradeListeners(server));
  if (chosenBefore !== undefined) chooser.shouldUpgradeCallback = chosen;
  return () => {
    isAttached = false;
    server.off('upgrade', refuseUnclaimed);
    // What somebody else put around ours stays: it then only passes through.
    if (server.emit === emit) server.emit = emitBefore;
    if (chosenBefore !== undefined && chooser.shouldUpgradeCallback === chosen)
      chooser.shouldUpgradeCallback = chosenBefore;
  };
}

/** One function for all routers of a server, so that they know each other's listeners from the application's. */
function refuseUnclaimed(this: Server, _req: IncomingMessage, socket: Duplex): void {
  if (hasOtherUpgradeListeners(this) || socket.writableEnded) return;
  refuseUpgrade(socket, new RealtimeError('NOT_FOUND', 'nothing takes upgrades at this path'));
}

function hasOtherUpgradeListeners(server: Server): boolean {
  return server.listeners('upgrade').some((listener) => listener !== refuseUnclaimed);
}
