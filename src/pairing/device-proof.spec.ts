import { generateKeyPairSync, hash, sign } from 'node:crypto';
import { Refused } from '../kernel/errors.js';
import { type DeviceClaim, payload, proveDevice, type SignedFacts } from './device-proof.js';

const NOW = Date.UTC(2026, 10, 21);
const CHALLENGE = 'the nonce of this connection';

const facts: SignedFacts = {
  clientId: 'cli',
  clientMode: 'cli',
  role: 'operator',
  scopes: ['operator.read', 'operator.write'],
  token: 'a token',
  platform: ' Linux ',
  deviceFamily: 'Desktop',
};

function device() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return { privateKey, publicKey, raw, id: hash('sha256', raw, 'hex') };
}

const own = device();

function claim(
  version: 'v2' | 'v3',
  change: Partial<DeviceClaim> = {},
  signed: Partial<SignedFacts> = {},
): DeviceClaim {
  const facts3 = { ...facts, ...signed };
  const unsigned = { id: own.id, signedAt: NOW, nonce: CHALLENGE, ...change };
  const signature = sign(null, Buffer.from(payload(version, unsigned, facts3)), own.privateKey).toString('base64url');
  return { publicKey: own.raw.toString('base64url'), signature, ...unsigned, ...change };
}

async function prove(shown: DeviceClaim): Promise<string> {
  try {
    await proveDevice(shown, facts, CHALLENGE, NOW);
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return 'proved';
}

describe('the proof of a device', () => {
  it('signs what clients of the family sign, field by field', () => {
    const unsigned = { id: 'd', signedAt: 1, nonce: 'n' };
    const scopes = 'operator.read,operator.write';
    expect(payload('v2', unsigned, facts)).toBe(`v2|d|cli|cli|operator|${scopes}|1|a token|n`);
    expect(payload('v3', unsigned, facts)).toBe(`v3|d|cli|cli|operator|${scopes}|1|a token|n|linux|desktop`);
  });

  it.each(['v2', 'v3'] as const)('takes a signature of %s', async (version) => {
    expect(await proveDevice(claim(version), facts, CHALLENGE, NOW)).toBe(own.raw.toString('base64url'));
  });

  it('takes the key as PEM, and gives it back in its one spelling', async () => {
    const pem = own.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(await proveDevice({ ...claim('v3'), publicKey: pem }, facts, CHALLENGE, NOW)).toBe(
      own.raw.toString('base64url'),
    );
  });

  it.each([
    ['another id', { id: device().id }, 'device_id_mismatch'],
    ['the id in capitals', { id: own.id.toUpperCase() }, 'device_id_mismatch'],
    ["another device's key", { publicKey: device().raw.toString('base64url') }, 'device_id_mismatch'],
    ['garbage for a key', { publicKey: 'garbage' }, 'device_id_mismatch'],
    ['garbage for PEM', { publicKey: '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----' }, 'device_id_mismatch'],
    ['two minutes and a moment ago', { signedAt: NOW - 120_001 }, 'device_signature_expired'],
    ['as far in the future', { signedAt: NOW + 120_001 }, 'device_signature_expired'],
    ['just two minutes ago', { signedAt: NOW - 120_000 }, 'proved'],
    ['a blank nonce', { nonce: ' ' }, 'device_nonce_missing'],
    ['the nonce of another connection', { nonce: 'another' }, 'device_nonce_mismatch'],
    ['no signature', { signature: '' }, 'device_signature_invalid'],
    ['a signature of nothing', { signature: Buffer.alloc(64).toString('base64url') }, 'device_signature_invalid'],
  ])('%s → %s', async (_what, change, outcome) => {
    expect(await prove(claim('v3', change))).toBe(outcome);
  });

  it.each([
    ['role', { role: 'node' }],
    ['scopes', { scopes: ['operator.admin'] }],
    ['the order of scopes', { scopes: facts.scopes.toReversed() }],
    ['token', { token: 'another' }],
    ['client', { clientId: 'another' }],
    ['platform', { platform: 'another' }],
  ])('does not hold for another %s than was signed', async (_what, signed) => {
    expect(await prove(claim('v3', {}, signed))).toBe('device_signature_invalid');
  });

  it('names the first of several faults: id, age, nonce, signature', async () => {
    const all = { id: 'x', signedAt: 0, nonce: '', signature: '' };
    expect(await prove(claim('v3', all))).toBe('device_id_mismatch');
    expect(await prove(claim('v3', { ...all, id: own.id }))).toBe('device_signature_expired');
    expect(await prove(claim('v3', { ...all, id: own.id, signedAt: NOW }))).toBe('device_nonce_missing');
  });
});
