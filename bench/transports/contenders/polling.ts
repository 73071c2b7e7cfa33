import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { serveContender } from '../../fanout/contender.ts';
import { listen } from '../../fanout/listen.ts';
import { bodyOf } from '../body.ts';

/** What waits for one client: messages, or the request that asks for them. */
interface Mailbox {
  readonly messages: string[];
  poll?: ServerResponse | undefined;
}

// Long-polling as it is written by hand: nothing is acknowledged, nothing repeated.
const mailboxes = new Map<string, Mailbox>();

function deliver(mailbox: Mailbox): void {
  const { messages, poll } = mailbox;
  if (poll === undefined || messages.length === 0) return;
  const body = messages.splice(0).join('\n');
  poll.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
  mailbox.poll = undefined;
}

const server = createServer((req, res) => {
  const id = new URL(req.url ?? '', 'http://localhost').searchParams.get('id') ?? '';
  const mailbox = mailboxes.get(id) ?? { messages: [] };
  mailboxes.set(id, mailbox);
  if (req.method === 'GET') {
    mailbox.poll = res;
    deliver(mailbox);
    return;
  }
  void bodyOf(req).then((body) => {
    mailbox.messages.push(JSON.stringify(JSON.parse(body)));
    deliver(mailbox);
    res.writeHead(204).end();
  });
});

serveContender({
  listen: () => listen(server),
  subscriberCount: () => mailboxes.size,
  broadcast: () => {
    throw new Error('this one echoes only');
  },
});
