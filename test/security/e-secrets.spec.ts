import { readFileSync, readdirSync } from 'node:fs';
import { createHash, createHmac } from 'node:crypto';
import { join, resolve } from 'node:path';
import { sameSecret } from '../../src/kernel/crypto.js';
import { bearer, HOUSE_TOKEN, type TestGateway, startGateway } from '../helpers/gateway.js';
import { DOORS, knock, type Shown } from '../helpers/knock.js';
import { local, talk } from '../helpers/raw-http.js';
import { unknownToken, World } from '../helpers/world.js';
import { connected, DIALECTS, NATIVE, WsClient } from '../helpers/ws-client.js';

const PASSWORD = 'correct horse bättery staple';
const settings = (auth: object = { token: HOUSE_TOKEN }) => ({ gateway: { auth: { loopback: 'deny', ...auth } } });

let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  gateway = await startGateway({ config: settings(), database: 'embedded' });
  world = new World(gateway);
});
afterAll(() => gateway.close());
afterEach(async () => {
  await world.forgive();
  await world.configure(settings());
});

/** The status and the code of whoami, asked with these header lines. */
async function asked(lines: readonly (string | Buffer)[], target = '/api/v1/whoami'): Promise<[number, string]> {
  const head = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`);
  const bytes = Buffer.concat([
    head,
    ...lines.flatMap((line) => [Buffer.from(line), Buffer.from('\r\n')]),
    Buffer.from('\r\n'),
  ]);
  const { replies } = await talk(local(gateway.port), bytes);
  const { method, error } = JSON.parse(replies[0]!.body) as { method?: string; error?: { code: string } };
  return [replies[0]!.status, method ?? error!.code];
}

describe('S056: secrets are compared in constant time', () => {
  const SRC = resolve(__dirname, '../../src');
  const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => ({ name, text: readFileSync(join(SRC, name), 'utf8') }));

  it('by one function, which alone knows how', () => {
    const users = sources.filter(({ text }) => text.includes('timingSafeEqual')).map(({ name }) => name);
    expect(users).toEqual(['kernel/crypto.ts']);
  });

  it('never by === or its like: a look at every comparison near the name of a secret', () => {
    const SECRET = /(?:token|password|secret|proof|signature|digest|hash|mark)[!)\]]*$/i;
    // Of these words, what is no secret: kinds and codes of errors, whether something is there, lengths.
    const HARMLESS =
      /undefined|null|true|false|Infinity|\.length|typeof|''|""|\.code\b|[cC]ode ===? ?'|'[A-Za-z_-]+'|\b\d+\b/;
    const comparisons = sources.flatMap(({ name, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          [...line.replace(/\/\/.*$/, '').matchAll(/([\w.!?()[\]]+)\s*(?:===|!==|==|!=)\s*([\w.!?()[\]'"-]+)/g)]
            .filter(([all, left, right]) => (SECRET.test(left!) || SECRET.test(right!)) && !HARMLESS.test(all))
            .map(([all]) => `${name}:${index + 1}: ${all}`),
        ),
    );
    const KNOWN = [
      /password-hash\.ts.*mark === this\.good/, // a digest under a key of this process: it tells nothing
      /watch-files\.ts.*signatureOf|\.ts:\d+: \(?known\??\.mark === mark/, // size and time of a file
      /^audit\/chain-check\.ts/, // hashes of rows, which admins may read
      /^credentials\//, // what the gateway shows to others, compared with itself: nobody presents it here
      /password === token|token === password|deviceToken [!=]== (token|password)|password !== token/, // both are the caller's own
    ];
    expect(comparisons.filter((found) => !KNOWN.some((known) => known.test(found)))).toEqual([]);
    expect(comparisons.length).toBeGreaterThan(0); // the look does find what there is
  });

  it('an equal beginning takes no longer than a different one', () => {
    const guesses = [0, 8, 32, 63].map((equal) => HEX.slice(0, equal) + other(HEX.slice(equal)));
    const rounds = 40;
    const fastest = guesses.map(() => Infinity);
    for (let round = 0; round < rounds; round += 1) {
      // Interleaved, and of each the fastest round: noise only ever adds.
      for (const [i, guess] of guesses.entries()) fastest[i] = Math.min(fastest[i]!, timed(guess));
    }
    // A comparison that stops early would differ far more than the machine's noise: hashing costs the same for all.
    expect(Math.max(...fastest) / Math.min(...fastest)).toBeLessThan(1.5);
  });

  it('and says yes to nothing but the whole', () => {
    expect(sameSecret(HEX, HEX)).toBe(true);
    for (const wrong of ['', HEX.slice(1), `${HEX}0`, HEX.toUpperCase(), ` ${HEX}`])
      expect(sameSecret(wrong, HEX)).toBe(false);
    expect(sameSecret('', '')).toBe(false);
  });

  const HEX = 'a3'.repeat(32);
  const other = (text: string): string => text.replace(/./g, (digit) => (digit === 'a' ? 'b' : '4'));

  function timed(guess: string): number {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 625; i += 1) sameSecret(guess, HEX);
    return Number(process.hrtime.bigint() - start);
  }
});

describe('S058: bytes that are no text', () => {
  const line = (value: Buffer | string) => Buffer.concat([Buffer.from('Authorization: Bearer '), Buffer.from(value)]);

  it.each([
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0xc3, 0x28])],
    ['latin-1', Buffer.from([0x62, 0xe4, 0x74])],
    ['an overlong form', Buffer.from([0xc0, 0xaf])],
    ['half a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
    ['multi-byte text', Buffer.from('日本語トークン')],
    ['the house key and a byte', Buffer.concat([Buffer.from(HOUSE_TOKEN), Buffer.from([0xff])])],
    [
      'the house key in wide letters',
      Buffer.from([...HOUSE_TOKEN].map((c) => String.fromCodePoint(c.codePointAt(0)! + 0xfee0)).join('')),
    ],
    ['the house key and a zero-width space', Buffer.from(`${HOUSE_TOKEN}\u200b`)],
  ])('%s is a wrong token', async (_, value) => {
    expect(await asked([line(value)])).toEqual([401, 'token_mismatch']);
  });

  it('a NUL is no header at all: 400, and the connection is over', async () => {
    expect(await asked([line(Buffer.from('a\0b'))])).toEqual([400, 'invalid_request']);
  });

  it.each(DIALECTS)('over WebSocket, the same: $name', async (speech) => {
    for (const token of ['a\0b', '\ud800', '\ufffd', `${HOUSE_TOKEN}\0`, `${HOUSE_TOKEN}\u200b`]) {
      const client = await WsClient.open(gateway);
      const answer = await client.ask(speech.call(1, 'connect', { auth: { token } }));
      expect(speech.failure(answer)).toMatchObject({ details: { authReason: 'token_mismatch' } });
      expect(await client.closed).toMatchObject({ code: 1008 });
    }
  });

  it('a password counts by its bytes, on HTTP as over WebSocket', async () => {
    await world.configure(settings({ mode: 'password', password: PASSWORD }));
    expect(await asked([line(PASSWORD)])).toEqual([200, 'password']);
    expect(await asked([line(PASSWORD.normalize('NFD'))])).toEqual([401, 'password_mismatch']);
    expect(await asked([line(Buffer.from(PASSWORD, 'latin1'))])).toEqual([401, 'password_mismatch']);
    expect((await knock(gateway, 'native', { password: PASSWORD })).outcome).toBe('password');
    expect((await knock(gateway, 'native', { password: PASSWORD.normalize('NFD') })).outcome).toBe('password_mismatch');
  });
});

describe('S060: a blank is no secret', () => {
  const MODES: [name: string, auth: object][] = [
    ['nothing is configured', {}],
    ['a token is', { mode: 'token', token: HOUSE_TOKEN }],
    ['a password is', { mode: 'password', password: PASSWORD }],
  ];

  it.each(MODES)('when %s', async (_, auth) => {
    await world.configure(settings(auth));
    for (const lines of [
      [],
      ['Authorization: Bearer '],
      ['Authorization: Bearer'],
      ['Authorization:'],
      ['Authorization: Bearer \t'],
      ['X-OpenClaw-Token:'],
      ['X-Doorward-Token:  '],
    ]) {
      expect(await asked(lines)).toEqual([401, expect.stringMatching(/^(token|password)_missing$/)]);
    }
    for (const shown of [
      { token: '' },
      { password: '' },
      { deviceToken: '' },
      { token: ' ' },
      { password: ' ' },
    ] satisfies Shown[]) {
      for (const door of DOORS) expect((await knock(gateway, door, shown)).outcome).toMatch(/_(missing|mismatch)$/);
    }
  });

  it('a WebSocket that shows null, or something that is no text, is an error', async () => {
    for (const auth of [
      { token: null },
      { token: 0 },
      { token: false },
      { token: [] },
      { token: { $ne: 1 } },
      null,
      [],
      'x',
    ]) {
      const client = await WsClient.open(gateway);
      client.send(NATIVE.call(1, 'connect', { auth }));
      expect(await client.closed).toMatchObject({ code: 1008 });
    }
  });
});

describe('S064: where a credential may stand, and how', () => {
  const T = HOUSE_TOKEN;
  const MISSING = [401, 'token_missing'];
  const WRONG = [401, 'token_mismatch'];

  it.each([
    ['Bearer', [`Authorization: Bearer ${T}`], [200, 'token']],
    ['bearer', [`Authorization: bearer ${T}`], [200, 'token']],
    ['bEARER', [`Authorization: bEARER ${T}`], [200, 'token']],
    ['blanks behind it', [`Authorization: Bearer ${T}  \t`], [200, 'token']],
    ['X-OpenClaw-Token', [`X-OpenClaw-Token: ${T}`], [200, 'token']],
    ['X-Doorward-Token', [`X-Doorward-Token: ${T}`], [200, 'token']],
    ['two blanks', [`Authorization: Bearer  ${T}`], MISSING],
    ['a tab', [`Authorization: Bearer\t${T}`], MISSING],
    ['no blank', [`Authorization: Bearer${T}`], MISSING],
    ['no scheme', [`Authorization: ${T}`], MISSING],
    ['Token', [`Authorization: Token ${T}`], MISSING],
    ['Basic', [`Authorization: Basic ${Buffer.from(`:${T}`).toString('base64')}`], MISSING],
    ['Basic with it bare', [`Authorization: Basic ${T}`], MISSING],
    ['a comma', [`Authorization: Bearer ${T},Bearer ${T}`], WRONG],
    ['a second scheme', [`Authorization: Bearer Bearer ${T}`], WRONG],
    ['in quotes', [`Authorization: Bearer "${T}"`], WRONG],
    ['a cookie', [`Cookie: token=${T}; Authorization=Bearer ${T}`], MISSING],
    ['Proxy-Authorization', [`Proxy-Authorization: Bearer ${T}`], MISSING],
    ['an underscore', [`X_OpenClaw_Token: ${T}`], MISSING],
    ['two lines of the same', [`Authorization: Bearer ${T}`, `Authorization: Bearer ${T}`], [400, 'invalid_request']],
    ['two lines, good and bad', [`Authorization: Bearer ${T}`, 'Authorization: Bearer x'], [400, 'invalid_request']],
    ['two lines, bad and good', ['Authorization: Bearer x', `Authorization: Bearer ${T}`], [400, 'invalid_request']],
    ['two schemes on two lines', ['Authorization: Basic eDp5', `Authorization: Bearer ${T}`], [400, 'invalid_request']],
    ['X-OpenClaw-Token twice', [`X-OpenClaw-Token: ${T}`, `X-OpenClaw-Token: ${T}`], WRONG],
  ])('%s', async (_, lines, answer) => {
    expect(await asked(lines)).toEqual(answer);
  });

  it('a body never carries one', async () => {
    const body = { token: T, auth: { token: T }, access_token: T };
    expect((await gateway.call('/api/v1/tokens', { method: 'POST', body })).status).toBe(401);
  });
});

describe('S065: two credentials in one request', () => {
  it('of two tenants contradict each other, and nobody comes in', async () => {
    const [one, other] = [await world.tenantToken(), await world.tenantToken()];
    const lines = (a: string, b: string) => [`Authorization: Bearer ${a}`, `X-OpenClaw-Token: ${b}`];

    for (const pair of [lines(one.token, other.token), lines(other.token, one.token), lines(one.token, HOUSE_TOKEN)]) {
      expect(await asked(pair)).toEqual([400, 'invalid_request']);
    }
    expect(await asked(lines(one.token, one.token))).toEqual([200, 'gateway-token']);
  });

  it('good beside wrong in two headers is looked at by nobody: no guess can be had that way', async () => {
    const counted = await world.failures();
    for (let i = 0; i < 25; i += 1) {
      expect(await asked([`Authorization: Bearer ${unknownToken()}`, `X-Doorward-Token: ${HOUSE_TOKEN}`])).toEqual([
        400,
        'invalid_request',
      ]);
      expect(await asked([`Authorization: Bearer ${HOUSE_TOKEN}`, `X-Doorward-Token: ${unknownToken()}`])).toEqual([
        400,
        'invalid_request',
      ]);
    }
    expect(await world.failures()).toEqual(counted);
  });

  it.each(DIALECTS)('over WebSocket the order decides, and the first that is good answers: $name', async (speech) => {
    const device = await world.device({ scopes: ['operator.read'] });
    const auth = { token: HOUSE_TOKEN, deviceToken: device.token };
    const { client, hello } = await connected(gateway, speech, { auth });
    client.close();
    expect(hello.auth.method).toBe('device-token');
  });

  it.each(DIALECTS)('over WebSocket, all that is wrong is counted: $name', async (speech) => {
    const client = await WsClient.open(gateway);
    client.send(
      speech.call(1, 'connect', { auth: { token: unknownToken(), password: 'wrong', deviceToken: 'wrong too' } }),
    );
    await client.closed;
    expect(await world.failures()).toEqual([expect.objectContaining({ failures: 3 })]);
  });
});

describe('S066: what is seen on the wire is not made of the house key', () => {
  /** All that a holder of the key can see: answers, headers, hello, decisions, log. */
  async function everything(token: string): Promise<string> {
    const seen: unknown[] = [];
    for (const path of ['/api/v1/whoami', '/api/v1/status', '/api/v1/tokens', '/api/v1/rate-limits', '/openapi.json']) {
      const { headers, body } = await gateway.get(path, bearer(token));
      seen.push(
        headers,
        body,
        (await gateway.get(`/api/v1/auth/decisions/${headers['x-request-id']}`, bearer(token))).body,
      );
    }
    for (const speech of DIALECTS) {
      const { client, hello } = await connected(gateway, speech, { auth: { token } });
      seen.push(client.challenge, hello, await client.ask(speech.call(2, 'system-presence', {})));
      client.close();
    }
    await world.flushLog();
    return JSON.stringify([seen, gateway.log()]);
  }

  it('not plain, not hashed, not as a key, before or after it is changed', async () => {
    const NEW = 'b2'.repeat(20);
    const before = await everything(HOUSE_TOKEN);
    await world.configure(settings({ token: NEW }));
    const after = await everything(NEW);

    for (const token of [HOUSE_TOKEN, NEW]) {
      const derived = ['sha256', 'sha1', 'md5', 'sha512'].flatMap((kind) => [
        createHash(kind).update(token).digest('hex'),
        createHash(kind).update(token).digest('base64url'),
        createHmac(kind, token).update('').digest('hex'),
        createHmac(kind, token).update('doorward').digest('hex'),
      ]);
      for (const text of [token, Buffer.from(token).toString('base64'), ...derived]) {
        expect(before + after).not.toContain(text.slice(0, 12));
      }
    }
  });
});
