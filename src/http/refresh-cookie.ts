import type { FastifyReply } from 'fastify';
import type { Evidence } from '../auth/evidence.js';
import { SessionSettings } from '../accounts/accounts.settings.js';
import { hostName, isLocalName, wasForwarded } from '../kernel/net.js';

const NAME = 'doorward_refresh';
const COOKIE = /(?:^|; *)doorward_refresh=([A-Za-z0-9_-]{1,200})(?:;|$)/;
const DAY_S = 86_400;

/**
 * The refresh token that a browser keeps where no script reads it. Taken only from our own pages: without their Origin
 * or Sec-Fetch-Site it is no evidence of what the person wants, and is not looked at (S005).
 */
export function refreshCookie({ headers }: Evidence): string | undefined {
  const site = headers['sec-fetch-site'];
  // Foreign Origins were refused before: one that is there is our own.
  const own = site === undefined ? headers.origin !== undefined : site === 'same-origin';
  return own ? COOKIE.exec(headers.cookie ?? '')?.[1] : undefined;
}

export function setRefreshCookie(reply: FastifyReply, token: string, evidence: Evidence): void {
  const { idleDays } = evidence.config.get(SessionSettings);
  void reply.header('set-cookie', cookie(token, idleDays * DAY_S, evidence));
}

export function clearRefreshCookie(reply: FastifyReply, evidence: Evidence): void {
  void reply.header('set-cookie', cookie('', 0, evidence));
}

function cookie(value: string, seconds: number, evidence: Evidence): string {
  const secure = isPlainLoopback(evidence) ? '' : '; Secure';
  return `${NAME}=${value}; Path=/auth; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** The machine itself, without TLS: there are browsers that keep no secure cookie then. */
function isPlainLoopback({ headers, fromLoopback }: Evidence): boolean {
  return fromLoopback && isLocalName(hostName(headers.host ?? '')) && !wasForwarded(headers);
}
