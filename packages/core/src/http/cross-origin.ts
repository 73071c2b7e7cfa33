import type { IncomingMessage, ServerResponse } from 'node:http';

/** What pages of other origins may send; asked once every two hours. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, DELETE',
  'access-control-allow-headers': 'content-type, authorization, rt-session, rt-sequence, rt-wait, last-event-id',
  'access-control-max-age': '7200',
};

/** Lets the page behind a request, whose origin was found to be allowed, read the answer (CORS). */
export function allowPage(req: IncomingMessage, res: ServerResponse): void {
  const { origin } = req.headers;
  if (origin === undefined) return;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('vary', 'origin');
  res.setHeader('access-control-allow-credentials', 'true');
  res.setHeader('access-control-expose-headers', 'rt-session, rt-sequence, rt-close');
}

/** Answers a browser that asks before it lets a page of another origin send something. */
export function answerPreflight(res: ServerResponse): void {
  res.writeHead(204, PREFLIGHT).end();
}
