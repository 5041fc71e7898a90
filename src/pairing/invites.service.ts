import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { digest, newInviteToken } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Identity } from '../kernel/identity.js';
import type { Role, Scope } from '../kernel/scopes.js';
import { Database } from '../storage/database.js';
import { NO_ABILITIES } from './abilities.js';
import { actorOf } from './actor.js';
import { type DeviceRecord, DevicesService } from './devices.service.js';
import { DEFAULT_SCOPES, mayGrant, onlyDevice, refusedGrant } from './grant-rules.js';
import { GUESSES } from './guesses.js';

/** The longest life of a setup link, and what it has unless told (S093). */
export const INVITE_LIFE_MS = 600_000;

/** What a setup link is to give. */
export interface InviteWish {
  readonly role: Role;
  /** Absent: what the role is given as a rule. */
  readonly scopes?: readonly Scope[];
  /** At most `INVITE_LIFE_MS`. */
  readonly ttlMs?: number;
}

/** A setup link that was made; its token is returned here once. */
export interface Invite {
  readonly id: string;
  readonly token: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date;
}

/** A device that comes by a setup link. That it holds the key of its id was proved at the edge. */
export interface InvitedDevice {
  readonly id: string;
  readonly publicKey?: string;
  readonly displayName?: string;
  readonly platform?: string;
  readonly deviceFamily?: string;
  readonly clientId?: string;
  readonly clientMode?: string;
  /** What it connects as: must be what the link is for. */
  readonly role: Role;
  /** Where it comes from, as in `Evidence.source`. */
  readonly source: string;
}

interface SpentRow {
  readonly id: string;
  readonly maker: Identity;
  readonly tenantId: string;
  readonly role: Role;
  readonly scopes: Scope[];
  readonly createdBy: string;
}

/** What an identity may do at this moment; nothing when it has ended. Rejects with Unavailable. */
export type RightsNow = (maker: Identity) => Promise<readonly Scope[]>;

/** Setup links: a person lets one device in beforehand, for minutes, with what that person could grant. */
@Injectable()
export class InvitesService {
  /** Nobody may do anything, until it is known who can tell. */
  private rightsOf: RightsNow = () => Promise.resolve([]);

  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly devices: DevicesService,
  ) {}

  /** Whoever calls this tells from then on what the maker of a link may do at the moment when it is used. */
  askWhoMadeThem(rightsOf: RightsNow): void {
    this.rightsOf = rightsOf;
  }

  /**
   * Makes a setup link. Throws Refused: 'missing_scope' when its maker does not hold what it would give (S100), or is a
   * device that may manage itself alone (S090); 'invalid_request' for a life that is too long.
   */
  async create({ role, scopes, ttlMs = INVITE_LIFE_MS }: InviteWish, creator: Identity): Promise<Invite> {
    if (ttlMs <= 0 || ttlMs > INVITE_LIFE_MS)
      throw new Refused('invalid_request', { message: 'ttl: must be between 1 second and 10 minutes' });
    const given = scopes?.length ? [...new Set(scopes)] : DEFAULT_SCOPES[role];
    mayGrant(creator, role, given);
    if (onlyDevice(creator) !== undefined) throw new Refused('missing_scope', { scope: 'operator.admin' });

    const token = newInviteToken();
    const { tenantId } = creator;
    return this.database.asTenant(tenantId, async (manager) => {
      // The audit remembers them; the rows are worth nothing once they have ended.
      await manager.query(`DELETE FROM device_invites WHERE expires_at < now() - interval '1 day'`);
      const [made] = await manager.query<[{ id: string; expiresAt: Date }]>(
        `INSERT INTO device_invites (tenant_id, token_digest, handle, role, scopes, created_by, maker, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7,
                 date_trunc('milliseconds', now()) + make_interval(secs => $8::int / 1000.0))
         RETURNING id, expires_at AS "expiresAt"`,
        [
          tenantId,
          digest(token),
          handleOf(token),
          role,
          given,
          actorOf(creator),
          JSON.stringify(creator),
          Math.floor(ttlMs),
        ],
      );
      const detail = { role, scopes: given, expiresAt: made.expiresAt.toISOString() };
      const what = { action: 'device-invite.created', target: `device-invite:${made.id}`, detail };
      await this.audit.append({ tenantId, actor: actorOf(creator), ...what }, manager);
      return { ...made, token, role, scopes: given };
    });
  }

  /**
   * Lets the device in by a setup link, and ends the link: one statement finds and spends it, so that of any number at
   * once one succeeds (S226). Throws Refused: 'bootstrap_token_invalid' for a link that was never ours, has ended, was
   * used (S091), was guessed at too often (S102), is for another role or gives what its maker may give no longer;
   * 'conflict' when the device cannot be taken, and then the link stays.
   */
  async redeem(token: string, device: InvitedDevice): Promise<DeviceRecord> {
    const maker = await this.makerOf(token);
    if (!maker) await this.countGuess(token);
    const rights = maker ? await this.rightsOf(maker) : [];

    const outcome = await this.database.transaction(async (manager) => {
      const [spent] = await manager.query<SpentRow[]>(SPEND, [digest(token), device.role, device.id, GUESSES]);
      if (!spent) return undefined;
      const { id, tenantId, role, scopes, createdBy } = spent;
      const as = { tenantId, actor: `device-invite:${id}` };
      const lost = refusedGrant({ scopes: rights }, role, scopes);
      if (lost) {
        // Spent all the same: who lost the right to let somebody in does not get it back by waiting.
        const detail = { invitedBy: createdBy, missing: lost.detail.scope };
        await this.audit.append(
          { ...as, action: 'device-invite.refused', target: `device-invite:${id}`, detail },
          manager,
        );
        return undefined;
      }
      await this.refuseImpostor(device, manager);

      const admitted = await this.devices.admit(admission(device, spent), createdBy, manager);
      const detail = { invite: id, invitedBy: createdBy, role, scopes };
      await this.audit.append({ ...as, action: 'device.approved', target: `device:${device.id}`, detail }, manager);
      return admitted;
    });
    if (!outcome) throw new Refused('bootstrap_token_invalid');
    return outcome;
  }

  private async makerOf(token: string): Promise<Identity | undefined> {
    const [row] = await this.database.query<{ maker: Identity }>(
      `SELECT maker FROM device_invites WHERE token_digest = $1`,
      [digest(token)],
    );
    return row?.maker;
  }

  /** A wrong value that begins as a live link does is a guess at that link: so many, from wherever, and it ends (S102). */
  private async countGuess(token: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const ended = await manager.query<{ id: string; tenantId: string }[]>(COUNT_GUESS, [handleOf(token), GUESSES]);
      for (const { id, tenantId } of ended) {
        const what = {
          action: 'device-invite.guessed-at',
          target: `device-invite:${id}`,
          detail: { guesses: GUESSES },
        };
        await this.audit.append({ tenantId, actor: 'gateway', ...what }, manager);
      }
    });
  }

  /** Who has a key proves itself by it: nobody takes its place by naming it. */
  private async refuseImpostor({ id, publicKey }: InvitedDevice, manager: EntityManager): Promise<void> {
    if (publicKey !== undefined) return;
    const known = await this.devices.findWith(manager, id);
    if (known?.publicKey) throw new Refused('conflict', { message: 'this device has a key: let it sign in with that' });
  }
}

const SPEND = `
  WITH spent AS (
    UPDATE device_invites i SET used_at = now(), used_by = $3 FROM tenants n
     WHERE i.token_digest = $1 AND i.role = $2 AND i.used_at IS NULL AND i.expires_at > now() AND i.guesses < $4
       AND n.id = i.tenant_id AND n.status = 'active'
     RETURNING i.id, i.tenant_id AS "tenantId", i.role, i.scopes, i.maker, i.created_by AS "createdBy")
  SELECT * FROM spent`;

/** Those links that have just ended by it. */
const COUNT_GUESS = `
  WITH counted AS (
    UPDATE device_invites SET guesses = guesses + 1
     WHERE handle = $1 AND used_at IS NULL AND expires_at > now() AND guesses < $2
     RETURNING id, tenant_id AS "tenantId", guesses)
  SELECT id, "tenantId" FROM counted WHERE guesses = $2`;

/** Eight letters behind the prefix: enough to tell links apart, and 208 bits remain a secret. */
const handleOf = (token: string): string => token.slice(4, 12);

function admission(device: InvitedDevice, { tenantId, role, scopes }: SpentRow) {
  const { id, publicKey, displayName, platform, deviceFamily, clientId, clientMode, source } = device;
  return {
    deviceId: id,
    tenantId,
    publicKey: publicKey ?? null,
    displayName: displayName ?? null,
    platform: platform ?? null,
    deviceFamily: deviceFamily ?? null,
    clientId: clientId ?? null,
    clientMode: clientMode ?? null,
    role,
    scopes,
    ...NO_ABILITIES,
    remoteAddress: source,
  };
}
