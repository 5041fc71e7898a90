import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../audit/audit.service.js';
import { digest, newClaimSecret, sameSecret } from '../kernel/crypto.js';
import { Refused } from '../kernel/errors.js';
import type { Role } from '../kernel/scopes.js';
import { Database } from '../storage/database.js';
import { DeviceTokensService } from './device-tokens.service.js';
import { type DeviceRecord, DevicesService } from './devices.service.js';
import { GUESSES } from './guesses.js';
import { PairingService, UNKNOWN_REQUEST } from './pairing.service.js';
import type { PairingPlea, PendingRequest } from './pending-requests.js';

/** What a device without a key is handed, this once. */
export interface Claimed {
  readonly device: DeviceRecord;
  readonly role: Role;
  readonly token: string;
}

interface ClaimRow {
  readonly device_id: string;
  readonly tenant_id: string;
  readonly role: Role;
  readonly status: string;
  readonly claim_digest: string | null;
  readonly claimed: boolean;
  readonly over: boolean;
  readonly wrong_claims: number;
}

/** Devices without a key: they ask, keep a secret, and fetch their token by that, once. */
@Injectable()
export class ClaimsService {
  constructor(
    private readonly database: Database,
    private readonly devices: DevicesService,
    private readonly tokens: DeviceTokensService,
    private readonly pairing: PairingService,
    private readonly audit: AuditService,
  ) {}

  /** Asks as `PairingService.request` does, for a device without a key: with the secret by which it fetches its token, shown this once. */
  async request(plea: PairingPlea): Promise<{ request: PendingRequest; claimSecret: string }> {
    const claimSecret = newClaimSecret();
    const request = await this.database.transaction(async (manager) => {
      const known = await this.devices.findWith(manager, plea.deviceId);
      // Who has a key proves itself by it: nobody takes its place by naming it.
      if (known?.publicKey && known.tenantId === plea.tenantId)
        throw new Refused('conflict', { message: 'this device has a key: let it sign in with that' });
      // Whoever names the device could else take over the request of somebody who waits, code and all.
      const entered = await this.pairing.request({ ...plea, anew: true }, manager);
      await manager.query(`UPDATE pairing_requests SET claim_digest = $2 WHERE id = $1`, [
        entered.requestId,
        digest(claimSecret),
      ]);
      return entered;
    });
    return { request, claimSecret };
  }

  /**
   * What became of a request, for whoever holds its claim secret: the device once it is approved, and only the first
   * time. Whoever has connected claims in their own tenant. Throws Refused('not_found') for a wrong secret, a second
   * claim, and whatever else cannot be claimed.
   */
  async claim(requestId: string, claimSecret: string, tenantId?: string): Promise<'pending' | 'rejected' | Claimed> {
    const outcome = await this.database.transaction(async (manager) => {
      const [row] = await manager.query<ClaimRow[]>(
        `SELECT device_id, tenant_id, role, status, claim_digest, claimed_at IS NOT NULL AS claimed,
                expires_at <= now() AS over, wrong_claims FROM pairing_requests
          WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) FOR UPDATE`,
        [requestId, tenantId ?? null],
      );
      if (!row?.claim_digest || row.claimed || row.wrong_claims >= GUESSES) return undefined;
      if (!sameSecret(digest(claimSecret), row.claim_digest)) {
        await this.countGuess(requestId, row, manager);
        return undefined;
      }
      if (row.status === 'pending' && !row.over) return 'pending';
      if (row.status !== 'approved') return 'rejected';

      await manager.query(`UPDATE pairing_requests SET claimed_at = now() WHERE id = $1`, [requestId]);
      const device = await this.devices.findWith(manager, row.device_id);
      if (!device || device.revoked) return 'rejected';
      return { device, role: row.role, token: await this.tokens.issue(device.id, row.role, manager) };
    });
    if (outcome === undefined) throw new Refused('not_found', { message: UNKNOWN_REQUEST });
    return outcome;
  }

  /** So many wrong secrets, from wherever, and the request is dead, for the right one too; an open one ends (S102). */
  private async countGuess(requestId: string, row: ClaimRow, manager: EntityManager): Promise<void> {
    const isLast = row.wrong_claims + 1 >= GUESSES;
    await manager.query(
      `UPDATE pairing_requests SET wrong_claims = wrong_claims + 1,
              status = CASE WHEN $2 AND status = 'pending' THEN 'expired' ELSE status END WHERE id = $1`,
      [requestId, isLast],
    );
    if (!isLast) return;
    const what = { action: 'device.claim-guessed-at', target: `device:${row.device_id}` };
    const detail = { pairingRequest: requestId, guesses: GUESSES };
    await this.audit.append({ tenantId: row.tenant_id, actor: 'gateway', ...what, detail }, manager);
  }
}
