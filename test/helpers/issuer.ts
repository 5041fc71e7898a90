import { createHmac, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey | KeyObject;
  readonly publicKey: CryptoKey | KeyObject;
  readonly jwk: JWK;
}

export async function newKey(alg = 'RS256', kid = `key-${Math.random().toString(36).slice(2)}`): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

type Claims = Readonly<Record<string, unknown>>;

/** An issuer of JWTs that says and publishes whatever a test wants: a key, a fault, nothing at all. */
export class TestIssuer {
  /** What it publishes. */
  keys: readonly JWK[];
  /** The paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** Answers in its place. */
  answer?: (path: string, response: ServerResponse) => boolean;

  private constructor(
    readonly url: string,
    readonly key: IssuerKey,
    private readonly server: Server,
    private readonly now: () => number,
  ) {
    this.keys = [key.jwk];
  }

  /** `now` is the time that it believes in, in milliseconds. */
  static async start({ now = () => Date.now(), alg = 'RS256', port = 0 } = {}): Promise<TestIssuer> {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const self = new TestIssuer(url, await newKey(alg), server, now);
    server.on('request', ({ url: path = '' }, response) => {
      self.asked.push(path);
      if (self.answer?.(path, response)) return;
      const documents: Record<string, unknown> = {
        '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
        '/keys': { keys: self.keys },
      };
      response.writeHead(path in documents ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify(documents[path] ?? {}));
    });
    return self;
  }

  /** Good claims of an access token for this gateway. */
  claims(more: Claims = {}): Claims {
    const now = Math.floor(this.now() / 1000);
    return { iss: this.url, aud: 'doorward', sub: 'robot', iat: now, nbf: now, exp: now + 300, ...more };
  }

  /** A token with good claims, but for those that are said; `undefined` leaves one out. */
  sign(more: Claims = {}, header: Claims = {}, key = this.key): Promise<string> {
    return new SignJWT({ ...this.claims(more) })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
      .sign(key.privateKey);
  }

  /** A token that jose would not make: any header, any signature. */
  forge(header: Claims, claims: Claims = this.claims(), signature: (input: string) => string = () => ''): string {
    const part = (value: Claims): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part(header)}.${part(claims)}`;
    return `${input}.${signature(input)}`;
  }

  /** The signature of somebody who takes the published key for a shared secret (S079). */
  async publicKeyAsSecret(): Promise<(input: string) => string> {
    const pem = await exportSPKI(this.key.publicKey as CryptoKey);
    return (input) => createHmac('sha256', pem).update(input).digest('base64url');
  }

  /** How often its keys were fetched. */
  get fetches(): number {
    return this.asked.filter((path) => path === '/keys').length;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
