import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OwnOrigins } from '../auth/own-origins.js';
import { ConfigService } from '../config/config.service.js';
import { GatewaySettings } from '../config/gateway.settings.js';
import { type FieldError, Refused } from '../kernel/errors.js';
import { isLocalName, hostName } from '../kernel/net.js';
import { CONSOLE_PAGES, consoleBase, type ConsolePage, consolePath } from './console-address.js';
import { OwnAddress } from './own-address.js';

/** What a waiting command line shows may be brought along; it is no secret (RFC 8628 section 5.4). */
const USER_CODE = /^\?user_code=[A-Za-z0-9-]{1,20}$/;

/** Where browsers are sent that sign in elsewhere: to the provider and back here, never anywhere that a caller names. */
@Injectable()
export class OidcAddress {
  constructor(
    private readonly own: OwnAddress,
    private readonly origins: OwnOrigins,
    private readonly config: ConfigService,
  ) {}

  /**
   * Where the provider shall send the browser, as it is registered there. On this machine by the name that the browser
   * uses for it, for the cookie belongs to that name.
   */
  redirectUri(provider: string, { headers: { host = '' } }: FastifyRequest): string {
    const { publicUrl } = this.config.current.get(GatewaySettings);
    const local = `http://${host}`;
    const isHere = isLocalName(hostName(host)) && this.origins.admits(local, this.config.current);
    const origin = publicUrl === undefined && isHere ? local : this.own.url();
    return new URL(`/auth/oidc/${provider}/callback`, origin).href;
  }

  /** A path of the console, as a caller wants to come back to it; undefined for none. Throws Refused('invalid_request'). */
  consolePathOf(wanted: string | undefined): string | null {
    if (wanted === undefined) return null;
    const [path, query] = split(wanted);
    const base = consoleBase(this.config.current);
    const isPage = CONSOLE_PAGES.some((page) => path === `${base}/${page}`);
    if (isPage && (query === '' || USER_CODE.test(query))) return wanted;
    const fields: FieldError[] = [
      { path: 'return_to', message: `must be a page of the console, such as ${base}/tokens` },
    ];
    throw new Refused('invalid_request', { message: `return_to: ${fields[0]!.message}`, fields });
  }

  /** A page of the console. What is behind `#` is sent to no server. */
  page(page: ConsolePage, fragment?: Readonly<Record<string, string>>): string {
    const path = consolePath(this.config.current, page);
    return fragment ? `${path}#${new URLSearchParams(fragment).toString()}` : path;
  }
}

function split(text: string): [path: string, query: string] {
  const at = text.indexOf('?');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}
