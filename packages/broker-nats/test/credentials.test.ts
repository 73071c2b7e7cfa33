import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BrokerNode } from '../../../tests/servers/broker-node.ts';
import { startNats } from '../../../tests/servers/nats.ts';
import { TestNode } from './node.ts';
import { Operator } from './operator.ts';
import { refusal } from './refusal.ts';

/** Two nodes that reach each other: whoever is let in can use bus and log. */
async function meet(a: BrokerNode, b: BrokerNode): Promise<void> {
  const seen = await b.follow('news');
  await b.broker.subscribe('bus');
  await a.append('news', ['entry']);
  await a.broker.publish([{ channel: 'bus', texts: ['text'] }]);
  expect([await seen.inbox.next('the entry'), await b.texts.next('the text')]).toEqual(['entry', 'text']);
}

describe.concurrent('NATS lets in', () => {
  it('a user with the right password, by options, in the URL, and by options over the URL', async () => {
    await using nats = await startNats({ user: 'me', password: 'right%secret' });
    const url = `nats://127.0.0.1:${nats.port}`;
    await using a = await TestNode.start({ url, user: 'me', password: 'right%secret' });
    await using b = await TestNode.start({ url: nats.url });
    await using c = await TestNode.start({
      url: `nats://you:wrong@127.0.0.1:${nats.port}`,
      user: 'me',
      password: 'right%secret',
    });
    await meet(a, b);
    await meet(b, c);
  });

  it.each([
    ['a wrong password', { user: 'me', password: 'wrong-secret' }],
    ['a wrong name', { user: 'you', password: 'right-secret' }],
    ['nothing', {}],
    ['a token', { token: 'a-secret' }],
  ])('nobody with %s instead of the user’s password, and says so without showing it', async (_, login) => {
    await using nats = await startNats({ user: 'me', password: 'right-secret' });
    const message = await refusal({ url: `nats://127.0.0.1:${nats.port}`, ...login });
    expect(message).toMatch(/authorization violation/i);
    expect(message).not.toContain('secret');
  });

  it('whoever has the token', async () => {
    await using nats = await startTokenNats();
    await using a = await TestNode.start({ url: nats.url, token: 'right-secret' });
    await using b = await TestNode.start({ url: nats.url.replace('//', '//right-secret@') });
    await meet(a, b);
  });

  it.each([
    ['another', { token: 'wrong-secret' }],
    ['none', {}],
    ['neither but a user and password', { user: 'me', password: 'right-secret' }],
  ])('nobody with %s token, and says so without showing it', async (_, login) => {
    await using nats = await startTokenNats();
    const message = await refusal({ url: nats.url, ...login });
    expect(message).toMatch(/authorization violation/i);
    expect(message).not.toContain('secret');
  });

  it('nobody again after its password was changed, and says that it is down until it is changed back', async () => {
    await using nats = await startNats({ user: 'me', password: 'first' });
    await using node = await TestNode.start({ url: nats.url });
    const config = join(nats.dir, 'nats.conf');
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace('"first"', '"second"'));
    await nats.restart();
    await node.down();
    await expect(node.append('news', ['text'])).rejects.toMatchObject({ code: 'BROKER_DOWN' });
    await writeFile(config, text);
    await nats.restart();
    await node.up();
    await node.append('news', ['text']);
  });
});

describe.concurrent('a file of credentials', () => {
  it('lets in whom the operator of NATS knows, and nobody with another', async () => {
    const [operator, other] = [new Operator(), new Operator()];
    await using nats = await startNats({ config: operator.config });
    await using folder = await CredentialsFolder.make();
    const credentials = await folder.write(operator.credentials());
    await using a = await TestNode.start({ url: nats.url, credentials });
    await using b = await TestNode.start({ url: nats.url, credentials });
    await meet(a, b);
    for (const text of [other.credentials(), operator.credentials(-60)]) {
      expect(await refusal({ url: nats.url, credentials: await folder.write(text) })).toMatch(/authorization|expired/i);
    }
    expect(await refusal({ url: nats.url })).toMatch(/authorization violation/i);
  });

  it('that is not there, or holds something else, is told by its name at the start', async () => {
    await using nats = await startNats();
    await using folder = await CredentialsFolder.make();
    const missing = join(folder.path, 'none.creds');
    expect(await refusal({ url: nats.url, credentials: missing })).toMatch(/ENOENT.*none\.creds/);
    const message = await refusal({ url: nats.url, credentials: await folder.write('a-secret that is no JWT') });
    expect(message).toMatch(/\.creds holds no credentials of NATS$/);
    expect(message).not.toContain('secret');
  });
});

/** Files that end with the test. */
class CredentialsFolder {
  readonly path: string;
  #count = 0;

  static async make(): Promise<CredentialsFolder> {
    return new CredentialsFolder(await mkdtemp(join(tmpdir(), 'rt-credentials-')));
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** The path of a new file. */
  async write(text: string): Promise<string> {
    const file = join(this.path, `${++this.#count}.creds`);
    await writeFile(file, text);
    return file;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

function startTokenNats(): ReturnType<typeof startNats> {
  return startNats({ config: 'authorization { token: "right-secret" }' });
}
