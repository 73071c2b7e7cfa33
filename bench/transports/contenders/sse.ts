import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { serveContender } from '../../fanout/contender.ts';
import { listen } from '../../fanout/listen.ts';
import { bodyOf } from '../body.ts';

// Server-sent events as they are written by hand: a set of responses, and a post that is echoed on one of them.
const streams = new Map<string, ServerResponse>();

const server = createServer((req, res) => {
  const id = new URL(req.url ?? '', 'http://localhost').searchParams.get('id') ?? '';
  if (req.method === 'GET') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.write(':\n\n');
    streams.set(id, res);
    res.on('close', () => streams.delete(id));
    return;
  }
  void bodyOf(req).then((body) => {
    streams.get(id)?.write(`data: ${JSON.stringify(JSON.parse(body))}\n\n`);
    res.writeHead(204).end();
  });
});

serveContender({
  listen: () => listen(server),
  subscriberCount: () => streams.size,
  broadcast: (messages) => {
    for (const data of messages) {
      const text = `data: ${JSON.stringify({ channel: 'bench', event: 'message', data })}\n\n`;
      for (const stream of streams.values()) stream.write(text);
    }
  },
});
