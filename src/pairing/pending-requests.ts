import type { EntityManager } from 'typeorm';
import { Refused } from '../kernel/errors.js';
import type { Role, Scope } from '../kernel/scopes.js';
import { type Abilities, NO_ABILITIES, sameAbilities } from './abilities.js';

/** What a device asks for. Where it comes from and whether it may be let in silently is said by the edge, not by it. */
export interface PairingPlea {
  readonly tenantId: string;
  readonly deviceId: string;
  /** Absent for a device without a key, which fetches its token by a claim secret. */
  readonly publicKey?: string;
  readonly displayName?: string;
  readonly platform?: string;
  readonly deviceFamily?: string;
  readonly clientId?: string;
  readonly clientMode?: string;
  readonly role: Role;
  /** Empty or absent: what the role is given as a rule. */
  readonly scopes?: readonly Scope[];
  /** What a node declares; nothing for every other role. */
  readonly abilities?: Abilities;
  /** Set for one that is never taken for an open one: a secret goes with it, which only who asked first may hold. */
  readonly anew?: boolean;
  /** The source that pleas are bounded by, as in `Evidence.source`. */
  readonly source: string;
}

/** A device that waits for a person. */
export interface PendingRequest extends Abilities {
  readonly requestId: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly publicKey: string | null;
  readonly displayName: string | null;
  readonly platform: string | null;
  readonly deviceFamily: string | null;
  readonly clientId: string | null;
  readonly clientMode: string | null;
  readonly role: Role;
  readonly scopes: Scope[];
  readonly remoteAddress: string | null;
  /** The device was paired before: it asks for more, or comes with another platform. */
  readonly isRepair: boolean;
  /** `ABCD-1234`, to be compared with what the device shows. */
  readonly code: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export const PENDING_COLUMNS = `id AS "requestId", tenant_id AS "tenantId", device_id AS "deviceId",
  public_key AS "publicKey", display_name AS "displayName", platform, device_family AS "deviceFamily",
  client_id AS "clientId", client_mode AS "clientMode", role, scopes, caps, commands, permissions, remote_address AS "remoteAddress",
  is_repair AS "isRepair", code, created_at AS "createdAt", expires_at AS "expiresAt"`;

/** How many may wait: of one source, of one tenant, of all together (S095). */
const BOUNDS = { source: 16, tenant: 256, all: 4096 } as const;

/** Whether a plea is the one that is open already, so that asking again changes nothing. */
export function samePlea(open: PendingRequest, plea: PairingPlea, scopes: readonly Scope[]): boolean {
  return (
    !plea.anew &&
    open.tenantId === plea.tenantId &&
    open.role === plea.role &&
    (open.publicKey ?? undefined) === plea.publicKey &&
    (open.platform ?? undefined) === plea.platform &&
    (open.deviceFamily ?? undefined) === plea.deviceFamily &&
    sameAbilities(open, plea.abilities ?? NO_ABILITIES) &&
    open.scopes.length === scopes.length &&
    scopes.every((scope) => open.scopes.includes(scope))
  );
}

/** Throws Refused('too_many_requests') when one more would be too many. */
export async function refuseFlood({ source, tenantId }: PairingPlea, manager: EntityManager): Promise<void> {
  const [open] = await manager.query<[{ source: number; tenant: number; all: number }]>(
    `SELECT count(*) FILTER (WHERE remote_address = $1)::int AS source,
            count(*) FILTER (WHERE tenant_id = $2)::int AS tenant, count(*)::int AS "all"
       FROM pairing_requests WHERE status = 'pending' AND expires_at > now()`,
    [source, tenantId],
  );
  if (open.source < BOUNDS.source && open.tenant < BOUNDS.tenant && open.all < BOUNDS.all) return;
  throw new Refused('too_many_requests', { message: 'too many pairing requests are waiting', retryAfterMs: 60_000 });
}
