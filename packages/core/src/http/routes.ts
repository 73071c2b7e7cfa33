import type { RealtimeNode } from '../node.ts';
import { statsOf } from '../stats.ts';
import { answerJson } from './answer.ts';
import { ApiKey } from './api-key.ts';
import { BroadcastRoute } from './broadcast-route.ts';
import { ClientScript } from './client-script.ts';
import type { Route } from './router.ts';
import { StatsRoute } from './stats-route.ts';

/** The HTTP routes below the base path. Without an API key there is no API. */
export function routesOf(node: RealtimeNode): ReadonlyMap<string, Route> {
  const { apiKey, limits } = node.options;
  const [script, scriptHttp] = [new ClientScript('script'), new ClientScript('script-http')];
  const routes = new Map<string, Route>([
    ['/client.js', { methods: ['GET', 'HEAD'], handle: (req, res) => script.handle(req, res) }],
    // What client.js loads where a WebSocket does not get through.
    ['/client-http.js', { methods: ['GET', 'HEAD'], handle: (req, res) => scriptHttp.handle(req, res) }],
    ['/live', { methods: ['GET', 'HEAD'], handle: (_req, res) => answerJson(res, 200, { status: 'live' }) }],
    [
      '/ready',
      {
        methods: ['GET', 'HEAD'],
        handle: (_req, res) => {
          const reason = node.state === 'started' ? undefined : node.state;
          const health = node.health();
          if (reason === undefined && health.state === 'up') answerJson(res, 200, { status: 'ready' });
          else answerJson(res, 503, { status: 'not ready', reason: reason ?? 'the broker is down' });
        },
      },
    ],
  ]);
  if (apiKey !== undefined) {
    const key = new ApiKey(apiKey);
    const broadcast = new BroadcastRoute(key, {
      messages: node.parts.messages,
      contract: node.parts.contract,
      limits,
      bodies: node.bodies,
      start: () => node.start(),
    });
    routes.set('/api/v1/broadcast', { methods: ['POST'], handle: (req, res) => broadcast.handle(req, res) });
    const stats = new StatsRoute(key, () => statsOf(node));
    routes.set('/stats', { methods: ['GET', 'HEAD'], handle: (req, res) => stats.handle(req, res) });
  }
  return routes;
}
