import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { GatewaySettings, trustedProxies } from '../config/gateway.settings.js';
import type { ConfigSnapshot } from '../config/settings.js';
import { canonicalAddress, clientAddress, isLoopback, sourceKey } from '../kernel/net.js';
import type { ShownDevice } from '../pairing/device-proof.js';

export type Surface = 'http' | 'websocket';

/** The secrets that a caller shows. On HTTP one bearer stands for all three; a WebSocket client names each. */
export interface Presented {
  readonly token?: string;
  readonly password?: string;
  readonly deviceToken?: string;
  /** The one-time value of a setup link. */
  readonly setupToken?: string;
  /** A device and its signature over this connection's nonce. */
  readonly device?: ShownDevice;
}

/**
 * What the transport says about a caller: taken from the socket and the headers once, before anything is judged.
 * Nobody else reads a forwarding header.
 */
export class Evidence {
  /** The address at the other end of the socket, canonical; empty when the socket is already gone. */
  readonly peer: string;
  /** The caller's own address, or undefined where a trusted proxy does not tell. */
  readonly client: string | undefined;

  constructor(
    readonly surface: Surface,
    readonly requestId: string,
    request: Pick<IncomingMessage, 'socket' | 'headers'>,
    readonly presented: Presented,
    /** The settings that this decision is made with, from beginning to end. */
    readonly config: ConfigSnapshot,
  ) {
    this.headers = request.headers;
    this.peer = canonicalAddress(request.socket.remoteAddress ?? '') ?? '';
    const { allowRealIpFallback } = config.get(GatewaySettings);
    this.client = clientAddress(this.peer, request.headers, config.once(trustedProxies), allowRealIpFallback);
  }

  readonly headers: IncomingHttpHeaders;

  get fromLoopback(): boolean {
    return isLoopback(this.peer);
  }

  /** What failures are counted on. */
  get source(): string {
    return sourceKey(this.client);
  }

  /** A header's first value, trimmed; undefined when absent or blank. */
  header(name: string): string | undefined {
    const value = [this.headers[name.toLowerCase()] ?? []].flat()[0]?.split(',')[0]?.trim();
    return value === '' ? undefined : value;
  }

  /** The header's one value; undefined when absent, blank, or said twice: then nobody knows who said it (S035). */
  sole(name: string): string | undefined {
    // To the letter: the server has taken off the blanks of RFC 9110, and no others are blanks (S040).
    const value = [this.headers[name.toLowerCase()] ?? []].flat().join(',');
    return value === '' || value.includes(',') ? undefined : value;
  }

  /** Each different secret that was shown: a wrong one counts once, however many methods looked at it. */
  get secrets(): string[] {
    const { token, password, deviceToken, setupToken } = this.presented;
    return [...new Set([token, password, deviceToken, setupToken])].filter((secret) => secret !== undefined);
  }
}
