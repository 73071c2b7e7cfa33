import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrokerNode } from '../../../tests/servers/broker-node.ts';
import { makeCertificate } from '../../../tests/servers/certificate.ts';
import type { Certificate } from '../../../tests/servers/certificate.ts';
import { startNats } from '../../../tests/servers/nats.ts';
import { TestNode } from './node.ts';
import { refusal } from './refusal.ts';

let certificate: Certificate;
let client: Certificate;

beforeAll(async () => {
  [certificate, client] = await Promise.all([makeCertificate(), makeCertificate()]);
});
afterAll(async () => {
  await Promise.all([certificate, client].map((each) => each[Symbol.asyncDispose]()));
});

/** The block of nats.conf; `more` are further lines of it. */
/** NATS gives a handshake 2 s of its own accord; a busy machine may need more, and then hears nothing. */
function tlsConfig({ certFile, keyFile }: Certificate, more = ''): string {
  return `tls { cert_file: "${certFile}", key_file: "${keyFile}", timeout: 10, ${more} }`;
}

/** Bus and log from node to node. */
async function useBoth(a: BrokerNode, b: BrokerNode): Promise<void> {
  const seen = await b.follow('news');
  await b.broker.subscribe('bus');
  await a.append('news', ['entry']);
  await a.broker.publish([{ channel: 'bus', texts: ['text'] }]);
  expect([await seen.inbox.next('the entry'), await b.texts.next('the text')]).toEqual(['entry', 'text']);
}

describe.concurrent('NATS over TLS', () => {
  it('carries bus and log where its certificate is known, by file and by text', async () => {
    await using nats = await startNats({ config: tlsConfig(certificate) });
    const { port } = nats;
    await using a = await TestNode.start({ url: `tls://127.0.0.1:${port}`, tls: { caFile: certificate.certFile } });
    await using b = await TestNode.start({ servers: [`nats://127.0.0.1:${port}`], tls: { ca: certificate.cert } });
    await useBoth(a, b);
  });

  it('is connected again over TLS when it was started anew', async () => {
    await using nats = await startNats({ config: tlsConfig(certificate) });
    await using a = await TestNode.start({ url: nats.url, tls: { ca: certificate.cert } });
    await a.append('news', ['before']);
    await nats.kill();
    await a.down();
    await nats.restart();
    await a.up();
    await a.append('news', ['after']);
    const { entries } = await a.log.read('news', { limit: 10 });
    expect(entries.map(({ text }) => text)).toEqual(['before', 'after']);
  });

  it('shows a certificate of its own where NATS asks for one, and says so where it has none', async () => {
    await using nats = await startNats({
      config: tlsConfig(certificate, `ca_file: "${client.certFile}", verify: true`),
    });
    const tls = { caFile: certificate.certFile, certFile: client.certFile, keyFile: client.keyFile };
    await using a = await TestNode.start({ url: nats.url, tls });
    await using b = await TestNode.start({ url: nats.url, tls });
    await useBoth(a, b);
    expect(await refusal({ url: nats.url, tls: { ca: certificate.cert } })).toMatch(/may ask for a certificate/);
  });

  it('does not trust a certificate that it does not know, whether TLS was asked for or not', async () => {
    await using nats = await startNats({ config: tlsConfig(certificate) });
    for (const options of [{ url: `tls://127.0.0.1:${nats.port}` }, { url: nats.url, tls: true }, { url: nats.url }]) {
      expect(await refusal(options)).toMatch(/self.signed certificate/);
    }
  });

  it('does not trust a certificate for another host', async () => {
    await using other = await makeCertificate('DNS:nats.example.com');
    await using nats = await startNats({ config: tlsConfig(other) });
    expect(await refusal({ url: nats.url, tls: { ca: other.cert } })).toMatch(/does not match certificate/);
  });

  it('does not talk without TLS where it was told to use it', async () => {
    await using nats = await startNats();
    for (const options of [{ url: `tls://127.0.0.1:${nats.port}` }, { url: nats.url, tls: true }]) {
      expect(await refusal(options)).toMatch(/tls/i);
    }
  });
});
