import { Inbox } from '@rt/core/conformance';
import type { ForeignClient } from '@rt/core/conformance';

/** A client made of `fetch` alone. */
export async function connectWithFetch(baseUrl: string, opening = ''): Promise<ForeignClient> {
  const frames = new Inbox<string>();
  const end = Promise.withResolvers<{ code: number }>();
  const aborted = new AbortController();
  const { signal } = aborted;
  const json = { 'content-type': 'application/json' };

  const opened = await fetch(`${baseUrl}/poll`, { method: 'POST', headers: json, body: opening, signal });
  if (opened.status !== 200) throw new Error(`the session was not opened: ${opened.status} ${await opened.text()}`);
  const session = { 'rt-session': opened.headers.get('rt-session') ?? '' };

  async function take(answer: Response): Promise<boolean> {
    const text = await answer.text();
    if (answer.status === 200) for (const frame of text.split('\n')) frames.push(frame);
    const code = answer.headers.get('rt-close');
    if (code !== null) end.resolve({ code: Number(code) });
    return code === null && answer.ok;
  }

  async function poll(): Promise<void> {
    let answer = opened;
    let sequence = '';
    while (await take(answer)) {
      sequence = answer.headers.get('rt-sequence') ?? sequence;
      answer = await fetch(`${baseUrl}/poll`, {
        method: 'POST',
        headers: { ...session, 'rt-sequence': sequence },
        signal,
      });
    }
  }

  let posts = 0;
  let lastPost = Promise.resolve();
  const post = async (body: string): Promise<void> => {
    const headers = { ...session, ...json, 'rt-sequence': String(++posts) };
    await fetch(`${baseUrl}/send`, { method: 'POST', headers, body, signal });
  };
  const lost = (): void => end.resolve({ code: 1006 });

  poll().then(lost, lost);
  return {
    send: (text) => {
      lastPost = lastPost.then(() => post(text)).catch(lost);
    },
    next: () => frames.next('a frame'),
    closed: end.promise,
    close: () => void fetch(`${baseUrl}/send`, { method: 'DELETE', headers: session, signal }).catch(lost),
    abort: () => aborted.abort(),
  };
}
