import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { GatewayTokensService } from './accounts/gateway-tokens.service.js';
import type { AuthStrategy } from './auth/auth-strategy.js';
import { chainOf } from './auth/chain.js';
import { stillGiven } from './auth/house-identity.js';
import { Stays } from './auth/stays.js';
import { AUTH_STRATEGIES } from './auth/strategies/index.js';
import { ConfigService } from './config/config.service.js';
import type { ConfigSnapshot } from './config/settings.js';
import { CLOCK, type Clock } from './kernel/clock.js';
import type { Method } from './kernel/identity.js';
import { LOG, type Log } from './kernel/log.js';
import { covers } from './kernel/scopes.js';
import { DeviceTokensService } from './pairing/device-tokens.service.js';
import { DevicesService } from './pairing/devices.service.js';
import { type Change, Changes } from './storage/changes.js';

/** Ends sockets and streams whose credential has gone: revoked anywhere, or no longer what the configuration says. */
@Injectable()
export class Endings implements OnModuleInit {
  constructor(
    private readonly changes: Changes,
    private readonly stays: Stays,
    private readonly gatewayTokens: GatewayTokensService,
    private readonly deviceTokens: DeviceTokensService,
    private readonly devices: DevicesService,
    private readonly config: ConfigService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AUTH_STRATEGIES) private readonly strategies: readonly AuthStrategy[],
    @Inject(LOG) private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.changes.subscribe((change) => this.end(change));
    this.changes.onGap(() => this.lookAgain());
    this.config.onChange((next) => this.judgeAnew(next));
  }

  private end({ kind, id }: Change): void {
    switch (kind) {
      case 'gateway-token':
        return this.stays.end('credential', `gateway-token:${id}`);
      case 'device-token':
        return this.look(this.endDeviceToken(id));
      case 'device':
        return this.look(this.endDevice(id));
      case 'user':
      case 'tenant':
        return this.stays.end(kind, id);
      case 'session':
        return this.look(this.endSession(id));
      case 'pairing-request':
        return; // nobody is in by a request
    }
  }

  /** After notices were missed, the rows are asked about every credential that is in use. */
  private lookAgain(): void {
    const inUse = [...this.stays.identities()];
    const issued = (method: Method): string[] => [
      ...new Set(
        inUse.filter((identity) => identity.method === method).map(({ credential }) => credential.split(':')[1]!),
      ),
    ];
    const devices = new Set(inUse.flatMap(({ deviceId }) => deviceId ?? []));
    this.look(this.endGatewayTokens(issued('gateway-token')));
    for (const id of issued('device-token')) this.look(this.endDeviceToken(id));
    for (const id of devices) this.look(this.endDevice(id));
  }

  private async endGatewayTokens(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    for (const id of await this.gatewayTokens.endedAmong(ids)) this.stays.end('credential', `gateway-token:${id}`);
  }

  /** A sign-in is also told of when it is renewed: only one that has ended ends what hangs on it. */
  private async endSession(id: string): Promise<void> {
    if (await this.gatewayTokens.sessionHasEnded(id)) this.stays.end('session', id);
  }

  /** A rotation ends the value before it: at once, or when its grace is over. */
  private async endDeviceToken(id: string): Promise<void> {
    const { marks, graceMs } = await this.deviceTokens.standing(id);
    const prefix = `device-token:${id}:`;
    this.stays.endWhere(
      ({ credential }) => credential.startsWith(prefix) && !marks.has(credential.slice(prefix.length)),
    );
    if (graceMs !== undefined) this.clock.after(graceMs, () => this.look(this.endDeviceToken(id)));
  }

  /** A device that was given more goes on undisturbed; one that lost what it uses does not. */
  private async endDevice(id: string): Promise<void> {
    const device = await this.devices.look(id);
    this.stays.endWhere(
      ({ deviceId, role, scopes }) =>
        deviceId === id &&
        (!device ||
          device.revoked ||
          !device.roles.includes(role) ||
          !scopes.every((scope) => covers(device.scopes, scope))),
    );
  }

  private look(looking: Promise<void>): void {
    // The channel breaks with the database, and its return asks again.
    looking.catch((error: unknown) => this.log.warn('credentials in use could not be looked up', { error }));
  }

  private judgeAnew(config: ConfigSnapshot): void {
    const chain = chainOf(this.strategies, config);
    for (const identity of this.stays.identities()) {
      const strategy = this.strategies.find(({ method }) => method === identity.method);
      const stands =
        chain.includes(identity.method) && strategy?.stands(identity, config) && stillGiven(identity, config);
      if (!stands) this.stays.end('credential', identity.credential);
    }
  }
}
