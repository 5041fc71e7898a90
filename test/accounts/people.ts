import { randomUUID } from 'node:crypto';
import type { Reply, RequestOptions, TestGateway } from '../helpers/gateway.js';

/** A password that breaks no rule. */
export const PASSWORD = 'Correct-Horse-9';

export const newAddress = (): string => `${randomUUID().slice(0, 18)}@example.com`;

/** A caller who is not this machine, at an address of their own. */
export type Caller = (path: string, body?: object, headers?: RequestOptions['headers']) => Promise<Reply>;

/** POSTs to a gateway, from an address of this machine under the name of another. */
export function callerOf(gateway: TestGateway, from = '127.0.0.1', host = 'gateway.example.com'): Caller {
  return (path, body, headers = {}) =>
    gateway.call(path, { method: 'POST', body, headers: { host, ...headers }, from });
}

/** As a browser does, from one of our own pages. */
export const fromOurPage = { 'sec-fetch-site': 'same-origin' } as const;

/** `doorward_refresh=…` of an answer, to be sent back as a Cookie header. */
export function cookieOf({ headers }: Reply): string {
  const [line = ''] = headers['set-cookie'] ?? [];
  return line.split(';')[0]!;
}
