import { type KeyObject, generateKeyPairSync, hash, sign } from 'node:crypto';
import { type Failure, type Frame, type OpenOptions, type Place, type Speech, WsClient } from './ws-client.js';

/** What a device connects with, beside its signature. */
export interface ConnectAs {
  readonly role?: string;
  readonly scopes?: readonly string[];
  readonly auth?: {
    readonly token?: string;
    readonly password?: string;
    readonly deviceToken?: string;
    readonly bootstrapToken?: string;
  };
  readonly client?: {
    readonly id?: string;
    readonly mode?: string;
    readonly platform?: string;
    readonly deviceFamily?: string;
    readonly version?: string;
  };
  /** What a node declares. */
  readonly caps?: readonly string[];
  readonly commands?: readonly string[];
  readonly permissions?: Readonly<Record<string, boolean>>;
  readonly minProtocol?: number;
  readonly maxProtocol?: number;
}

/** How a device connects: `now` is the time that it believes in, `version` the form of its signature. */
export interface Manner extends OpenOptions {
  readonly now: number;
  readonly version?: 'v2' | 'v3';
  /** Changes what is shown after it was signed. */
  readonly tamper?: (device: Frame) => Frame;
}

export interface Outcome {
  readonly client: WsClient;
  /** Set when it was let in. */
  readonly hello?: Frame;
  /** Set when it was not. */
  readonly failure?: Failure & { readonly close: string };
}

const CLIENT = { id: 'cli', mode: 'cli', version: '1.0.0', platform: 'linux' };

/** A caller whom something forwarded: not this machine, wherever the socket comes from. */
export const ELSEWHERE = { headers: { 'x-forwarded-for': '203.0.113.9' } };

/**
 * A device as clients of the family are: a key of its own, a signature over each connection's nonce, and the token that
 * it was given last, which it shows when it comes again. Written from the contract, not from our code.
 */
export class Device {
  readonly id: string;
  readonly publicKey: string;
  /** What it was given by its last hello. */
  token?: string;
  private readonly key: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    this.key = privateKey;
    this.publicKey = raw.toString('base64url');
    this.id = hash('sha256', raw, 'hex');
  }

  /** Connects, and keeps the token that it is given. A refusal is an outcome too. */
  async connect(place: Place, speech: Speech, as: ConnectAs, manner: Manner): Promise<Outcome> {
    const client = await WsClient.open(place, manner);
    const { nonce } = client.challenge.payload as { nonce: string };
    const params = { minProtocol: 3, maxProtocol: 4, ...as, client: { ...CLIENT, ...as.client } };
    const device = this.shown(params, nonce, manner);
    const answer: Frame = await client.ask(
      speech.call(1, 'connect', { ...params, device: manner.tamper?.(device) ?? device }),
    );
    const hello: Frame = speech.result(answer);
    if (hello?.type === 'hello-ok') {
      this.token = hello.auth.deviceToken ?? this.token;
      return { client, hello };
    }
    const { code, reason } = await client.closed;
    return { client, failure: { ...speech.failure(answer), close: `${code} ${reason}` } };
  }

  private shown(
    params: ConnectAs & { client: typeof CLIENT & { deviceFamily?: string } },
    nonce: string,
    { now, version = 'v3' }: Manner,
  ): Frame {
    const { client, role = 'operator', scopes = [], auth = {} } = params;
    const token = auth.token ?? auth.deviceToken ?? auth.bootstrapToken ?? '';
    const fields = [version, this.id, client.id, client.mode, role, scopes.join(','), now, token, nonce];
    if (version === 'v3') fields.push(client.platform.toLowerCase(), client.deviceFamily?.toLowerCase() ?? '');
    const signature = sign(null, Buffer.from(fields.join('|')), this.key).toString('base64url');
    return { id: this.id, publicKey: this.publicKey, signature, signedAt: now, nonce };
  }
}
