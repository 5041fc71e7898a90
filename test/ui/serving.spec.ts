import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Module } from '@nestjs/common';
import { ControlUiSettings } from '../../src/auth/own-origins.js';
import { ConfigService } from '../../src/config/config.service.js';
import { ConfigSnapshot } from '../../src/config/settings.js';
import { serveConsole } from '../../src/http/console.js';
import { CONSOLE_PAGES } from '../../src/http/console-address.js';
import { builtConsole } from '../helpers/browser.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';

const ROOT = resolve(__dirname, '../..');
const SHELL = /<div id="app"><\/div>/;

beforeAll(builtConsole);

describe('the console at /', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      config: { gateway: { auth: { loopback: 'deny', token: 'the-house-token-of-this-test' } } },
    });
  });
  afterAll(() => gateway.close());

  it.each(CONSOLE_PAGES.map((page) => `/${page}`))(
    '%s is the same page for everybody, and is not kept',
    async (path) => {
      const { status, headers, text } = await gateway.get(path);

      expect([status, headers['content-type'], headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-store',
      ]);
      expect(text).toMatch(SHELL);
      expect(text).toBe((await gateway.get('/')).text);
    },
  );

  it('S222: lets nothing in but its own files, and nobody frame it', async () => {
    const { headers } = await gateway.get('/sign-in');

    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split('; ')
        .map((part) => [part.split(' ')[0], part.split(' ').slice(1)]),
    );
    expect(policy).toEqual({
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
      'base-uri': ["'none'"],
      'require-trusted-types-for': ["'script'"],
      'trusted-types': ["'none'"],
    });
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  it('S222: its page holds no script and no style of its own, and names no other origin', async () => {
    const { text } = await gateway.get('/');

    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|<base|https?:\/\//);
    for (const [tag] of text.matchAll(/<script[^>]*>/g)) expect(tag).toMatch(/ src="\.\/assets\//);
    expect(text).not.toMatch(/<script[^>]*>[^<]/);
  });

  it('its files are kept for ever, under names that hold a digest of them', async () => {
    const files = readdirSync(join(ROOT, 'dist/ui/assets'));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      expect(file).toMatch(/-[\w-]{8}\.(js|css|svg)$/);
      const { status, headers, text } = await gateway.get(`/assets/${file}`);
      expect([file, status, headers['cache-control']]).toEqual([file, 200, 'public, max-age=31536000, immutable']);
      expect(text).toBe(readFileSync(join(ROOT, 'dist/ui/assets', file), 'utf8'));
    }
  });

  it.each([
    '/assets/no-such-file.js',
    '/assets/',
    '/assets/..%2findex.html',
    '/assets/%2e%2e%2f%2e%2e%2fcli.js',
    '/assets/index.html/..',
    '/index.html',
    '/tokens/',
    '/tokens/deeper',
    '/nothing',
    '/auth/nothing',
    '/api/v1/nothing',
    '/v1/nothing/at/all',
    '/oauth/nothing',
    '/.well-known/nothing',
    '/favicon.ico',
  ])('S223: %s is no part of it: a 404 in JSON, as ever', async (path) => {
    const { status, body, headers } = await gateway.get(path);

    expect([status, body?.error?.code]).toEqual([404, 'not_found']);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('takes no other method than GET and HEAD', async () => {
    const { status, headers } = await gateway.call('/tokens', { method: 'POST' });

    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
  });

  it('S190: what stands behind ? changes nothing', async () => {
    const plain = await gateway.get('/');
    const steered = await gateway.get('/?gatewayUrl=wss://evil.example&token=x');

    expect([steered.status, steered.text]).toEqual([200, plain.text]);
  });
});

describe('the console elsewhere', () => {
  it('stands below gateway.controlUi.basePath, and nowhere else', async () => {
    const gateway = await startGateway({ config: { gateway: { controlUi: { basePath: '/console/' } } } });
    const bare = await gateway.get('/console');
    const answers = await Promise.all(
      ['/console/', '/console/tokens', '/', '/tokens', '/api/v1/whoami'].map(async (path) => [
        path,
        (await gateway.get(path)).status,
      ]),
    );
    const [script] = /assets\/[\w-]+\.js/.exec((await gateway.get('/console/')).text)!;
    const file = await gateway.get(`/console/${script}`);
    await gateway.close();

    expect([bare.status, bare.headers['location']]).toEqual([308, '/console/']);
    expect(answers).toEqual([
      ['/console/', 200],
      ['/console/tokens', 200],
      ['/', 404],
      ['/tokens', 404],
      ['/api/v1/whoami', 200],
    ]);
    expect(file.status).toBe(200);
  });

  it('is not there when gateway.controlUi.enabled says so', async () => {
    const gateway = await startGateway({ config: { gateway: { controlUi: { enabled: false } } } });
    const statuses = await Promise.all(
      ['/', '/sign-in', '/assets/x.js'].map(async (path) => (await gateway.get(path)).status),
    );
    await gateway.close();

    expect(statuses).toEqual([404, 404, 404]);
  });

  it.each(['console', '/auth', '/api/console', '//evil.example', '/a b', '/a?b', '/..', '/v1', ''])(
    'refuses to stand at %j',
    async (basePath) => {
      await expect(startGateway({ config: { gateway: { controlUi: { basePath } } } })).rejects.toThrow(
        'gateway.controlUi.basePath',
      );
    },
  );
});

@Module({})
class Nothing {}

it('says how to build it where it is not built', async () => {
  const config = new ConfigSnapshot(1, new Map([[ControlUiSettings, new ControlUiSettings()]]));
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: Nothing, providers: [{ provide: ConfigService, useValue: { current: config } }] },
    new FastifyAdapter(),
    { logger: false },
  );
  const empty = mkdtempSync(join(tmpdir(), 'doorward-no-ui-'));
  serveConsole(app, empty);
  await app.init();
  const { statusCode, headers, body } = await app.getHttpAdapter().getInstance().inject('/tokens');
  await app.close();
  rmSync(empty, { recursive: true });

  expect([statusCode, headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
  expect(body).toMatch(/^The console of this gateway is not built: run `npm run build`/);
});

it('the server and the page know the same pages', () => {
  const names = [...readFileSync(join(ROOT, 'ui/src/pages.tsx'), 'utf8').matchAll(/name: '([\w-]+)'/g)].map(
    ([, name]) => name,
  );

  expect(names.toSorted()).toEqual(CONSOLE_PAGES.filter((page) => page !== '').toSorted());
});
