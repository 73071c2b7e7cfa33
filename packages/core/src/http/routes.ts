import type { RealtimeNode } from '../node.ts';
import { statsOf } from '../stats.ts';
import { answerJson } from './answer.ts';
import { ApiKey } from './api-key.ts';
import { BroadcastRoute } from './broadcast-route.ts';
import { ClientScript } from './client-script.ts';
import type { ClientScriptName } from './client-script.ts';
import type { Route } from './router.ts';
import { StatsRoute } from './stats-route.ts';

/** The HTTP routes below the base path. Without an API key there is no API. */
export function routesOf(node: RealtimeNode): ReadonlyMap<string, Route> {
  const { apiKey, limits } = node.options;
  const routes = new Map<string, Route>([
    ['/client.js', scriptRoute('script')],
    // What client.js loads where a WebSocket does not get through, and what it loads when a page uses it.
    ['/client-http.js', scriptRoute('script-http')],
    ['/client-features.js', scriptRoute('script-features')],
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

function scriptRoute(name: ClientScriptName): Route {
  const script = new ClientScript(name);
  return { methods: ['GET', 'HEAD'], handle: (req, res) => script.handle(req, res) };
}
