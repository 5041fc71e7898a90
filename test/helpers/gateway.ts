import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { GatewayTokensService } from '../../src/accounts/gateway-tokens.service.js';
import { UsersService } from '../../src/accounts/users.service.js';
import type { UserRole } from '../../src/accounts/roles.js';
import { digest } from '../../src/kernel/crypto.js';
import { HOUSE_TENANT, type Identity } from '../../src/kernel/identity.js';
import { ALL_SCOPES, type Role, type Scope } from '../../src/kernel/scopes.js';
import { boot } from '../../src/main.js';
import { DeviceTokensService } from '../../src/pairing/device-tokens.service.js';
import { PairingService } from '../../src/pairing/pairing.service.js';
import { TestClock } from './clock.js';
import { newStateDir, preparedStateDir } from './embedded.js';

/** The house key of tests: `openssl rand -hex 24` once, so that it has not the form of a gateway token. */
export const HOUSE_TOKEN = '0f6d1c0e3a5b49d2a7c48d1fb1e0c9a87e6d5c4b3a291807';

export interface StartOptions {
  /** The config file, as an object. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: no database. `embedded` takes a prepared one; a URL is a real server. */
  readonly database?: 'none' | 'embedded' | string;
  /** Modules that a test adds to see how the house treats them. */
  readonly modules?: readonly Type[];
  readonly stateDir?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  // A test reads what it expects; a wrong shape fails its expectation.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly text: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: unknown;
  /** The local address to call from: 127.0.0.2 is another one, and still this machine. */
  readonly from?: string;
  /** Another way to the gateway than its port on loopback. */
  readonly dial?: () => Socket;
}

/** The real application on a free port, with a clock that the test moves. One per test file: close it in `afterAll`. */
export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly clock: TestClock;
  readonly stateDir: string;
  readonly app: NestFastifyApplication;
  get(path: string, headers?: RequestOptions['headers']): Promise<Reply>;
  call(path: string, options?: RequestOptions): Promise<Reply>;
  /** What the log file says so far, line by line. */
  log(): Record<string, unknown>[];
  /** A gateway token of a user, made in the real rows. */
  gatewayToken(person?: {
    email?: string;
    role?: UserRole;
    expiresIn?: number;
    scopes?: Scope[];
  }): Promise<IssuedToken>;
  /** A device token, made in the real rows. */
  deviceToken(device?: { id?: string; scopes?: Scope[]; role?: Role }): Promise<string>;
  close(): Promise<void>;
}

export interface IssuedToken {
  readonly id: string;
  readonly token: string;
  readonly userId: string;
}

/** Whoever owns the house. */
export const HOUSE: Identity = {
  method: 'loopback',
  subject: 'loopback',
  tenantId: HOUSE_TENANT,
  role: 'operator',
  scopes: ALL_SCOPES,
  credential: 'loopback',
};

/** Whoever holds the house key of tests. */
export const KEY_HOLDER: Identity = {
  ...HOUSE,
  method: 'token',
  subject: 'token',
  credential: `token:${digest(HOUSE_TOKEN).slice(0, 16)}`,
};

const A_DEVICE = { id: 'd'.repeat(64), role: 'operator', scopes: ['operator.read'] } as const;

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

export async function startGateway(options: StartOptions = {}): Promise<TestGateway> {
  const { config = {}, environment = {}, database = 'none', modules } = options;
  const stateDir = options.stateDir ?? (database === 'embedded' ? await preparedStateDir() : newStateDir());
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(stateDir, 'doorward.json5'), JSON.stringify(config), { mode: 0o600 });

  const clock = new TestClock(Date.now());
  const running = await boot({
    overrides: { 'gateway.port': 0, ...databaseOverrides(database) },
    verbose: false,
    terminal: 'none',
    colour: false,
    environment: { DOORWARD_STATE_DIR: stateDir, PATH: process.env.PATH, HOME: stateDir, ...environment },
    clock,
    modules,
  });
  const { app } = running;
  const port = Number(new URL(running.url).port);
  const call = (path: string, request: RequestOptions = {}): Promise<Reply> => send(port, path, request);

  return {
    url: running.url,
    port,
    clock,
    stateDir,
    app,
    call,
    get: (path, headers) => call(path, { headers }),
    log: () => readLog(stateDir),
    gatewayToken: async ({ email = 'ana@example.com', role = 'member', expiresIn = 3600, scopes } = {}) => {
      const user = await app.get(UsersService, { strict: false }).findOrCreate(email, role, HOUSE_TENANT);
      const tokens = app.get(GatewayTokensService, { strict: false });
      const { token, record } = await tokens.create({ userId: user.id, tenantId: HOUSE_TENANT, expiresIn, scopes });
      return { id: record.id, token, userId: user.id };
    },
    deviceToken: async (device = {}) => {
      const { id, role, scopes } = { ...A_DEVICE, ...device };
      const pairing = app.get(PairingService, { strict: false });
      const plea = { tenantId: HOUSE_TENANT, deviceId: id, role, scopes, source: 'test' };
      const { requestId } = await pairing.request(plea);
      await pairing.approve(requestId, HOUSE);
      return app.get(DeviceTokensService, { strict: false }).issue(id, role);
    },
    close: () => running.close(),
  };
}

function databaseOverrides(database: string): Record<string, unknown> {
  if (database === 'none' || database === 'embedded') return { 'database.mode': database };
  return { 'database.mode': 'postgres', 'database.url': database };
}

/** One request on a connection of its own. */
export function send(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, from, dial }: RequestOptions,
): Promise<Reply> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const typed = payload !== undefined && {
    ...(!('content-type' in headers) && { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(payload), // a DELETE has a body only if it says so
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        localAddress: from,
        ...(dial ? { createConnection: dial } : { agent: false }),
        headers: { ...typed, ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const isJson = /\bjson\b/.test(response.headers['content-type'] ?? ''); // lines of it are none
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            text,
            body: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
          });
        });
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(payload);
  });
}

function readLog(stateDir: string): Record<string, unknown>[] {
  const lines = readFileSync(join(stateDir, 'logs', 'gateway.log'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}
