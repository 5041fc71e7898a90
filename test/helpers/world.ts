import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import type { UserRole } from '../../src/accounts/roles.js';
import { UsersService } from '../../src/accounts/users.service.js';
import { type FailingSource, FailureStorage } from '../../src/auth/failures/failure-storage.js';
import { ConfigService } from '../../src/config/config.service.js';
import { HOUSE_TENANT } from '../../src/kernel/identity.js';
import { LOG } from '../../src/kernel/log.js';
import type { GatewayLog } from '../../src/log/log.js';
import { type Change, Changes } from '../../src/storage/changes.js';
import { Database } from '../../src/storage/database.js';
import type { IssuedToken, TestGateway } from './gateway.js';

/** An address of nobody: the Host of callers who are not this machine, though their socket is. */
export const ELSEWHERE = { host: 'gateway.example.com' } as const;

/** What has the form of a gateway token, and was never one. */
export const unknownToken = (): string => randomBytes(32).toString('hex');

const EVER = { maxAttempts: 20, windowMs: 1e9, lockoutMs: 1e9 };

/** A gateway together with what stands behind it: its rows, its config file, its memory of failures. */
export class World {
  constructor(readonly gateway: TestGateway) {}

  /** Replaces the config file and has it read, as SIGHUP does. */
  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    writeFileSync(join(this.gateway.stateDir, 'doorward.json5'), JSON.stringify(config));
    await this.get(ConfigService).reload();
  }

  rows<T = Record<string, unknown>>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    return this.get(Database).query<T>(sql, parameters);
  }

  /** Changes rows as anybody might, past this gateway, and resolves when it has heard of it. */
  async change(change: Change, sql: string, parameters: readonly unknown[] = [change.id]): Promise<void> {
    const heard = this.told(change);
    await this.rows(sql, parameters);
    await heard;
  }

  private told(change: Change): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.get(Changes).subscribe(({ kind, id }) => {
        if (kind !== change.kind || id !== change.id) return;
        stop();
        resolve();
      });
    });
  }

  /** A tenant of its own, and a gateway token of one of its people. */
  async tenantToken(role: UserRole = 'admin'): Promise<IssuedToken & { tenantId: string }> {
    const tenantId = randomUUID();
    await this.rows('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenantId, tenantId]);
    const user = await this.get(UsersService).findOrCreate(`${tenantId}@example.com`, role, tenantId);
    const { token, record } = await this.get(GatewayTokensService).create({
      userId: user.id,
      tenantId,
      expiresIn: 3600,
    });
    return { token, id: record.id, userId: user.id, tenantId };
  }

  /** A gateway token that hangs on a sign-in of its owner. */
  async sessionToken(): Promise<IssuedToken & { sessionId: string }> {
    const issued = await this.person();
    const sessionId = randomUUID();
    await this.rows(
      `INSERT INTO user_sessions (id, tenant_id, user_id, expires_at) VALUES ($1, $2, $3, now() + interval '1 hour')`,
      [sessionId, HOUSE_TENANT, issued.userId],
    );
    await this.rows('UPDATE gateway_tokens SET session_id = $1 WHERE id = $2', [sessionId, issued.id]);
    return { ...issued, sessionId };
  }

  /** A gateway token of somebody new. */
  person(role: UserRole = 'member', expiresIn = 3600): Promise<IssuedToken> {
    return this.gateway.gatewayToken({ email: `${randomUUID()}@example.com`, role, expiresIn });
  }

  /** The token of a new device, and the device's id. */
  async device(options: Parameters<TestGateway['deviceToken']>[0] = {}): Promise<{ id: string; token: string }> {
    const id = randomBytes(32).toString('hex');
    return { id, token: await this.gateway.deviceToken({ id, ...options }) };
  }

  /** Which addresses have failed, and how often. */
  failures(): Promise<FailingSource[]> {
    return this.get(FailureStorage).list(EVER);
  }

  /** Forgets the failures of every address. */
  async forgive(): Promise<void> {
    for (const { source } of await this.failures()) await this.get(FailureStorage).reset(source);
  }

  /** What the command line shows as this machine's own proof. */
  localProof(): string {
    return readFileSync(join(this.gateway.stateDir, 'local-proof'), 'utf8');
  }

  /** Resolves when the log file holds all that was said. */
  flushLog(): Promise<void> {
    return this.gateway.app.get<GatewayLog>(LOG).flush();
  }

  get<T>(part: abstract new (...args: never[]) => T): T {
    return this.gateway.app.get<T>(part as never, { strict: false });
  }
}
