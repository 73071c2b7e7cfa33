import { Inbox } from '@rt/core/conformance';
import type { ForeignClient } from '@rt/core/conformance';
import { EventSource } from 'eventsource';

/** A client made of the package `eventsource` and `fetch` alone. */
export async function connectWithEventSource(baseUrl: string, opening = ''): Promise<ForeignClient> {
  const frames = new Inbox<string>();
  const [opened, closed] = [Promise.withResolvers<string>(), Promise.withResolvers<{ code: number }>()];
  const source = new EventSource(`${baseUrl}/sse`, {
    fetch: async (url, init) => {
      const headers = { ...init.headers, 'content-type': 'application/json' };
      const response = await fetch(url, { ...init, method: 'POST', headers, body: opening });
      opened.resolve(response.headers.get('rt-session') ?? '');
      return response;
    },
  });
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    for (const frame of data.split('\n')) frames.push(frame);
  });
  const end = (code: number): void => {
    source.close();
    closed.resolve({ code });
  };
  source.addEventListener('close', ({ data }: MessageEvent<string>) => end(Number(data)));
  source.addEventListener('error', ({ code = 1006 }) => {
    opened.reject(new Error(`refused with ${code}`));
    end(1006);
  });
  const secret = await opened.promise;
  if (secret === '') throw new Error('the server refused it');
  let [posts, count] = [Promise.resolve(), 0];
  const send = (method: string, body: string | null): void => {
    posts = posts.then(async () => {
      const sequence = method === 'POST' ? { 'rt-sequence': String(++count), 'content-type': 'application/json' } : {};
      const { status } = await fetch(`${baseUrl}/send`, {
        method,
        body,
        headers: { 'rt-session': secret, ...sequence },
      });
      // The stream tells of a post that ends the connection.
      if (status !== 204 && status !== 413) throw new Error(`a post was answered ${status}`);
    });
  };
  return {
    send: (text) => send('POST', text),
    next: () => frames.next('a frame'),
    closed: closed.promise,
    close: () => send('DELETE', null),
    abort: () => end(1006),
  };
}
