import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** Nothing is limited, JetStream included. */
const NO_LIMITS = {
  ...{ subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 },
  ...{ mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
};

/** An operator of NATS with one account, as `nsc` makes them. */
export class Operator {
  /** For nats.conf. */
  readonly config: string;
  readonly #account = nkeys.createAccount();

  constructor() {
    const operator = nkeys.createOperator();
    // JetStream wants one account for the server itself.
    const system = nkeys.createAccount();
    const accounts = [this.#account, system].map((account) => account.getPublicKey());
    const preload = accounts.map((sub, index) => {
      const limits = index === 0 ? NO_LIMITS : { ...NO_LIMITS, mem_storage: 0, disk_storage: 0 };
      const nats = { type: 'account', version: 2, limits };
      return `${sub}: "${signed(operator, { name: `account ${index}`, sub, nats })}"`;
    });
    const own = signed(operator, {
      name: 'test',
      sub: operator.getPublicKey(),
      nats: { type: 'operator', version: 2 },
    });
    this.config = [
      `operator: ${own}`,
      `system_account: ${system.getPublicKey()}`,
      'resolver: MEMORY',
      `resolver_preload: { ${preload.join(', ')} }`,
    ].join('\n');
  }

  /** The text of a `.creds` file for a new user of the account. `secondsLeft`: how long it is good for. */
  credentials(secondsLeft = 3_600): string {
    const user = nkeys.createUser();
    const exp = Math.floor(Date.now() / 1_000) + secondsLeft;
    const claims = { type: 'user', version: 2, subs: -1, data: -1, payload: -1 };
    const token = signed(this.#account, { name: 'node', sub: user.getPublicKey(), exp, nats: claims });
    const seed = new TextDecoder().decode(user.getSeed());
    return [
      ...['-----BEGIN NATS USER JWT-----', token, '------END NATS USER JWT------', ''],
      ...['-----BEGIN USER NKEY SEED-----', seed, '------END USER NKEY SEED------', ''],
    ].join('\n');
  }
}

/** A JWT as NATS wants it: signed with an nkey (https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt). */
function signed(issuer: KeyPair, claims: object): string {
  const payload = { jti: 'test', iat: Math.floor(Date.now() / 1_000), iss: issuer.getPublicKey(), ...claims };
  const parts = [{ typ: 'JWT', alg: 'ed25519-nkey' }, payload].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const text = parts.join('.');
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
}
