import type { Role, Scope } from './scopes.js';

/** The ways in, in the words of the manual. Their order is decided in one place: `auth/strategies/index.ts`. */
export const METHODS = [
  'loopback',
  'device-token',
  'gateway-token',
  'token',
  'password',
  'tailscale',
  'trusted-proxy',
] as const;

export type Method = (typeof METHODS)[number];

/** The tenant of everyone who is not a user of a particular one: the house itself. Made by the first migration. */
export const HOUSE_TENANT = '00000000-0000-4000-8000-000000000001';

/** Who is asking, and what they may do. Made only by an authentication strategy, from our own records. */
export interface Identity {
  readonly method: Method;
  /** Unique within the method: `tailscale` a@x and `trusted-proxy` a@x are two people (ASVS 6.8.1). */
  readonly subject: string;
  /** E-mail or login of a person, where one is known. */
  readonly user?: string;
  readonly userId?: string;
  /** The sign-in that the credential ends with. */
  readonly sessionId?: string;
  readonly tenantId: string;
  readonly deviceId?: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Names the credential (never its value), so that its sockets can be found when it goes: `gateway-token:<id>`. */
  readonly credential: string;
  /** The address of the proxy that named the person, where one did. */
  readonly vouchedBy?: string;
  /** When the credential ends by itself, in milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** Who it is, as every log line names them: the person where one is known, always the tenant, never a credential. */
export function whoInLog({ method, subject, user, tenantId }: Identity) {
  return { method, principal: `${method}:${subject}`, ...(user !== undefined && { user }), tenantId };
}
