import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutCredentials } from '../../src/connection/credentials.ts';
import type { Credentials } from '../../src/connection/credentials.ts';

function sent(part: {
  readonly headers?: Credentials['request']['headers'];
  readonly url?: string;
  readonly tokens?: readonly string[];
}): Credentials {
  return {
    request: { headers: part.headers ?? {}, url: part.url ?? '/realtime/ws', address: '127.0.0.1' },
    tokens: part.tokens ?? [],
  };
}

describe('a text without credentials', () => {
  it.each<[string, Credentials, string, string]>([
    ['a token', sent({ tokens: ['token-4711'] }), 'no user of "token-4711"', 'no user of "[hidden]"'],
    ['a token, each time', sent({ tokens: ['token-4711'] }), 'token-4711/token-4711', '[hidden]/[hidden]'],
    ['the token before it', sent({ tokens: ['token-4712', 'token-4711'] }), 'old: token-4711', 'old: [hidden]'],
    [
      'the beginning of a token',
      sent({ tokens: ['eyJhbGciOiJI'] }),
      `'e', "eyJhbGciOi"... is no`,
      `'e', "[hidden]"... is no`,
    ],
    ['a cookie', sent({ headers: { cookie: 'theme=dark; session=abcdefghij' } }), 'no abcdefghij', 'no [hidden]'],
    ['a decoded cookie', sent({ headers: { cookie: 's=s%3Aabcdefg%2F' } }), 'no s:abcdefg/', 'no [hidden]'],
    ['a cookie that can not be decoded', sent({ headers: { cookie: 's=%%abcdefgh' } }), 'no %%abcdefgh', 'no [hidden]'],
    ['a header', sent({ headers: { authorization: 'Bearer abcdefghij' } }), 'bad abcdefghij', 'bad [hidden]'],
    ['a query', sent({ url: '/realtime/ws?a=1&key=abcdefghij' }), 'bad abcdefghij', 'bad [hidden]'],
  ])('does not have %s', (_, credentials, text, expected) => {
    expect(withoutCredentials(text, credentials)).toBe(expected);
  });

  it('keeps everything else, also names of cookies and what is too short to be a secret', () => {
    const credentials = sent({
      headers: { cookie: 'session_id=abcdefghij; theme=dark' },
      url: '/realtime/ws?room=7',
      tokens: ['ann'],
    });
    const text = 'ann: no session_id for room 7, GET /realtime/ws, dark';
    expect(withoutCredentials(text, credentials)).toBe(text);
  });

  it('never has 8 characters in a row of a secret, wherever it stood', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '%', '[', 'h'), maxLength: 30 });
    fc.assert(
      fc.property(letters, letters, letters, fc.nat(30), (secret, before, after, from) => {
        const text = before + secret.slice(from) + after + secret;
        const shown = withoutCredentials(text, sent({ tokens: [secret] }));
        for (const part of shown.split('[hidden]')) {
          for (let at = 0; at + 8 <= part.length; at++) expect(secret).not.toContain(part.slice(at, at + 8));
        }
        if (secret.length >= 8) expect(shown).toContain('[hidden]');
      }),
      { numRuns: 1_000 },
    );
  });
});
