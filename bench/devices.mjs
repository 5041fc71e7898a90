import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

/** Devices that come by in turn; the other rows are there to be in the way. */
const SHOWN_DEVICES = 100;

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const sha256 = (text, form) => createHash('sha256').update(text).digest(form);

/** Device `n` of the benchmark: its key made from its number, so that two processes know it. */
export function deviceOf(n) {
  const seed = sha256(`bench-device-${n}`);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
  const token = `dwd_${sha256(`bench-device-token-${n}`, 'base64url')}`;
  return { privateKey, publicKey: raw.toString('base64url'), id: sha256(raw, 'hex'), token };
}

/** The `connect` of a device, signed for the nonce of its connection. */
export function signedConnect({ privateKey, publicKey, id, token }, nonce) {
  const client = { id: 'cli', version: '1.0.0', platform: 'linux', mode: 'cli' };
  const scopes = ['operator.read', 'operator.write'];
  const signedAt = Date.now();
  const text = [
    'v3',
    id,
    client.id,
    client.mode,
    'operator',
    scopes.join(','),
    signedAt,
    token,
    nonce,
    'linux',
    '',
  ].join('|');
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64url');
  const device = { id, publicKey, signature, signedAt, nonce };
  const params = {
    minProtocol: 3,
    maxProtocol: 4,
    client,
    role: 'operator',
    scopes,
    auth: { deviceToken: token },
    device,
  };
  return JSON.stringify({ type: 'req', id: '1', method: 'connect', params });
}

/** Signatures a second that this machine verifies, one after the other: the least that a signed connect costs. */
export function verifications(seconds) {
  const { privateKey } = deviceOf(0);
  const publicKey = createPublicKey(privateKey);
  const text = Buffer.from('x'.repeat(200));
  const signature = sign(null, text, privateKey);
  let done = 0;
  const begun = performance.now();
  while (performance.now() - begun < seconds * 1000) {
    for (let i = 0; i < 50; i += 1) verify(null, text, publicKey, signature);
    done += 50;
  }
  return done / ((performance.now() - begun) / 1000);
}

const FILL_DEVICES = `
  INSERT INTO devices (id, tenant_id, public_key, platform, roles, approved_scopes, approved_at)
  SELECT d.id, n.id, d.key, 'linux', '{operator}', '{operator.read,operator.write}', now()
    FROM (SELECT * FROM unnest($1::text[], $2::text[]) AS shown (id, key)
          UNION ALL
          SELECT encode(sha256(convert_to('idle-' || i, 'UTF8')), 'hex'), 'idle' FROM generate_series(1, $3::int) i) d,
         (SELECT id FROM tenants ORDER BY created_at LIMIT 1) n`;

const FILL_TOKENS = `
  INSERT INTO device_tokens (tenant_id, device_id, role, scopes, token_digest)
  SELECT d.tenant_id, d.id, 'operator', d.approved_scopes,
         coalesce(t.digest, encode(sha256(convert_to('token of ' || d.id, 'UTF8')), 'hex'))
    FROM devices d LEFT JOIN unnest($1::text[], $2::text[]) AS t (id, digest) ON t.id = d.id`;

/** Puts `count` paired devices with their tokens into an open database. */
export async function fillDevices(database, count) {
  const shown = Array.from({ length: Math.min(count, SHOWN_DEVICES) }, (_, n) => deviceOf(n));
  const ids = shown.map(({ id }) => id);
  await database.query(FILL_DEVICES, [ids, shown.map(({ publicKey }) => publicKey), count - shown.length]);
  await database.query(FILL_TOKENS, [ids, shown.map(({ token }) => sha256(token, 'hex'))]);
}
