import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROFILE_STORE, type ProfileStore } from '../../src/credentials/profile-store.js';
import { cli } from '../cli/in-process.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { apiKey } from './stocked.js';

let gateway: TestGateway;
let store: ProfileStore;

beforeAll(async () => {
  gateway = await startGateway({ config: { models: { store: 'database' } }, database: 'embedded' });
  store = gateway.app.get<ProfileStore>(PROFILE_STORE, { strict: false });
  const profiles = { 'openai:default': apiKey('openai', 'sk-canary') };
  await store.update('main', (stored) => ({ ...stored, profiles }) as typeof stored);
});
afterAll(() => gateway.close());

function doorward(...words: string[]) {
  const { port, stateDir } = gateway;
  const environment = { HOME: stateDir, DOORWARD_STATE_DIR: stateDir, DOORWARD_GATEWAY_PORT: String(port) };
  return cli(words, { environment });
}

describe('doorward keys', () => {
  it('shows what is sealed with which key', async () => {
    const { code, stdout } = await doorward('keys', 'status');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Encryption key [0-9a-f]{16}, from the file\nDATA KEY +STATE +OPENS +AGENTS +MADE\n[0-9a-f]{16} +seals +yes +1 /,
    );
  });

  it('seals everything anew', async () => {
    const before = JSON.parse((await doorward('keys', 'status', '--json')).stdout) as { dataKeys: { id: string }[] };
    const { code, stdout, stderr } = await doorward('keys', 'rotate');
    expect([code, stderr]).toEqual([0, 'Agents whose profiles were sealed anew: 1\n']);
    expect(stdout).toMatch(/^Secrets are sealed with the data key [0-9a-f]{16} from now on\.\n$/);
    expect(stdout).not.toContain(before.dataKeys[0]!.id);
    expect((await store.read('main')).profiles['openai:default']).toMatchObject({ key: 'sk-canary' });
  });

  it('replaces the encryption key by one in a file, which is never shown', async () => {
    const path = join(gateway.stateDir, 'new-key');
    const key = randomBytes(32).toString('hex');
    writeFileSync(path, key, { mode: 0o600 });
    const { code, stdout, stderr } = await doorward('keys', 'rotate', '--new-key-file', path);

    expect([code, stdout]).toEqual([0, expect.stringMatching(/The encryption key is [0-9a-f]{16} from now on\./)]);
    expect(stdout + stderr).not.toContain(key);
    expect(readFileSync(join(gateway.stateDir, 'encryption-key'), 'utf8').trim()).toBe(key);
    expect(JSON.stringify(gateway.log())).not.toContain(key);
  });

  it('refuses a file that holds no key, and says what to do', async () => {
    const path = join(gateway.stateDir, 'no-key');
    writeFileSync(path, 'canary', { mode: 0o600 });
    const { code, stderr } = await doorward('keys', 'rotate', '--new-key-file', path);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not hold a key: make one with `openssl rand -hex 32`/);
    expect(stderr).not.toContain('canary');
  });
});
