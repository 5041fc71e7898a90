import type { IncomingHttpHeaders } from 'node:http';
import { Controller, Global, Module } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ThrottlerGuard } from '@nestjs/throttler';
import { Test, type TestingModule } from '@nestjs/testing';
import { AuditService } from '../../src/audit/audit.service.js';
import type { Carrier } from '../../src/auth/carrier.js';
import { DecisionTrace } from '../../src/auth/decision-trace.js';
import { Decisions } from '../../src/auth/decisions.js';
import { DeviceKeys } from '../../src/auth/device-keys.js';
import { Evidence, type Presented } from '../../src/auth/evidence.js';
import { FailureLimitModule } from '../../src/auth/failure-limit.module.js';
import { FailureLimiter } from '../../src/auth/failure-limiter.js';
import { FailureThrottlerGuard } from '../../src/auth/failure-throttler.guard.js';
import { FailureStorage } from '../../src/auth/failures/failure-storage.js';
import { RateLimitSettings, RedisSettings } from '../../src/auth/rate-limit.settings.js';
import { ConfigService } from '../../src/config/config.service.js';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { ConfigSnapshot } from '../../src/config/settings.js';
import { CLOCK } from '../../src/kernel/clock.js';
import { Refused } from '../../src/kernel/errors.js';
import { LOG, SILENT_LOG } from '../../src/kernel/log.js';
import { METRICS } from '../../src/kernel/metrics.js';
import { NO_METRICS } from '../helpers/no-metrics.js';
import { TestClock } from '../helpers/clock.js';

const PROXY = '10.0.0.1';

function snapshot(limits: Partial<RateLimitSettings> = {}): ConfigSnapshot {
  const gateway = Object.assign(new GatewaySettings(), { trustedProxies: [PROXY] });
  const rateLimit = Object.assign(new RateLimitSettings(), limits);
  return new ConfigSnapshot(
    1,
    new Map<new () => object, object>([
      [GatewaySettings, gateway],
      [RateLimitSettings, rateLimit],
      [RedisSettings, new RedisSettings()],
    ]),
  );
}

const config = snapshot();
const clock = new TestClock();

@Global()
@Module({
  providers: [
    { provide: ConfigService, useValue: new ConfigService(config, async () => config) },
    { provide: CLOCK, useValue: clock },
    { provide: LOG, useValue: SILENT_LOG },
    { provide: METRICS, useValue: NO_METRICS },
  ],
  exports: [ConfigService, CLOCK, LOG, METRICS],
})
class House {}

@Controller()
class AnyController {}

interface Caller {
  peer?: string;
  headers?: IncomingHttpHeaders;
  presented?: Presented;
  limits?: Partial<RateLimitSettings>;
}

function carrier({ peer = '203.0.113.9', headers = {}, presented = { token: 'guess' }, limits }: Caller): Carrier {
  const socket = { remoteAddress: peer } as Evidence['headers'] & never;
  const evidence = new Evidence('http', 'r1', { socket, headers }, presented, limits ? snapshot(limits) : config);
  return { evidence, access: 'operator.read' };
}

function context(type: 'http' | 'ws', caller: Carrier): ExecutionContextHost {
  const host = new ExecutionContextHost(type === 'ws' ? [{}, caller] : [{ carrier: caller }, {}], AnyController);
  host.setType(type);
  return host;
}

describe('the guard before the judgement', () => {
  let house: TestingModule;
  let guard: FailureThrottlerGuard;

  beforeEach(async () => {
    house = await Test.createTestingModule({
      imports: [House, FailureLimitModule],
      providers: [
        FailureThrottlerGuard,
        Decisions,
        DecisionTrace,
        { provide: AuditService, useValue: { noteOften: () => undefined } },
        { provide: DeviceKeys, useValue: {} },
      ],
    }).compile();
    await house.init();
    guard = house.get(FailureThrottlerGuard);
  });

  afterEach(() => house.close());

  /** Knocks with something wrong; answers 401 or 429. */
  async function knock(caller: Caller, type: 'http' | 'ws' = 'http', failures = 1): Promise<number> {
    const shown = carrier(caller);
    try {
      await guard.canActivate(context(type, shown));
      await shown.admission!.settle(failures);
      return failures > 0 ? 401 : 200;
    } catch (error) {
      if (error instanceof Refused && error.detail.retryAfterMs === 60_000) return error.status;
      throw error;
    }
  }

  it('is a guard of @nestjs/throttler, made by Nest from its own limiter and storage', () => {
    expect(guard).toBeInstanceOf(ThrottlerGuard);
    expect(house.get(FailureStorage).blockedFor('203.0.113.9')).toBe(0);
    expect(house.get(FailureLimiter)).toBeInstanceOf(FailureLimiter);
  });

  it('S133: REST and WebSocket draw on one budget', async () => {
    for (let i = 0; i < 20; i += 1) expect(await knock({}, i % 2 === 0 ? 'http' : 'ws')).toBe(401);
    expect(await knock({}, 'ws')).toBe(429);
    expect(await knock({}, 'http')).toBe(429);
  });

  it('refuses a locked source also with a right credential, or with none, before anything is judged', async () => {
    for (let i = 0; i < 20; i += 1) await knock({});
    const right = carrier({ presented: { token: 'right' } });
    expect(() => guard.canActivate(context('http', right))).toThrow(/too many failed/i);
    expect(right.admission).toBeUndefined();
    expect(() => guard.canActivate(context('ws', carrier({ presented: {} })))).toThrow(/too many failed/i);
    expect(await knock({ peer: '203.0.113.10' })).toBe(401);
  });

  it('S136: a forged X-Forwarded-For is no other address', async () => {
    for (let i = 0; i < 20; i += 1) await knock({ headers: { 'x-forwarded-for': `198.51.100.${i}` } });
    expect(await knock({ headers: { 'x-forwarded-for': '198.51.100.99' } })).toBe(429);
  });

  it('S136: behind a trusted proxy each client counts for itself, and the proxy never', async () => {
    const client = (address: string): Caller => ({ peer: PROXY, headers: { 'x-forwarded-for': address } });
    for (let i = 0; i < 20; i += 1) await knock(client('198.51.100.1'));
    expect(await knock(client('198.51.100.1'))).toBe(429);
    expect(await knock(client('198.51.100.2'), 'http', 0)).toBe(200);
    expect(house.get(FailureLimiter).blockedFor(PROXY)).toBe(0);
  });

  it('goes by the limits of the configuration that the caller is judged with', async () => {
    expect(await knock({ limits: { maxAttempts: 1 } })).toBe(401);
    expect(await knock({})).toBe(429);
  });

  it('S131: takes a place for each different secret that the caller shows', async () => {
    const limits = { maxAttempts: 5 };
    const three = { token: 'a', password: 'b', deviceToken: 'c' };
    const same = { token: 'a', password: 'a', deviceToken: 'a' };
    const check = (presented: Presented) => guard.check(carrier({ presented, limits }));

    expect([three, same, same].map(check)).toEqual([undefined, undefined, undefined]);
    // Five places are taken; the next caller waits, and in vain.
    const waiting = check(same);
    clock.advance(5000);
    await expect(waiting).rejects.toMatchObject({ code: 'auth_unavailable' });
  });
});
