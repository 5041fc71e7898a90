import { readFileSync, statSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { browser } from '../../src/credentials/methods/browser.method.js';
import { storeLogin } from '../../src/credentials/methods/store-login.js';
import type { OAuthProfile, StoredProfiles } from '../../src/credentials/profile.js';
import { profileHealth } from '../../src/credentials/status/profile-health.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { newStateDir } from '../helpers/embedded.js';
import { freePort, loginGround, Person } from './ground.js';
import { LoginProvider } from './login-provider.js';
import { Worker } from './worker.js';

const ID = 'test:alice@example.com';

let redirectUri: string;
let provider: LoginProvider;
let stateDir: string;
let store: FileProfileStore;
const workers: Worker[] = [];

beforeAll(async () => {
  redirectUri = `http://127.0.0.1:${await freePort()}/auth/callback`;
});

beforeEach(async () => {
  provider = await LoginProvider.start(redirectUri);
  stateDir = newStateDir();
  store = new FileProfileStore(stateDir);
  await signedInAndExpired();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await provider.close();
});

afterAll(() => expect(workers).toEqual([]));

/** A real login whose access token is over. */
async function signedInAndExpired(): Promise<void> {
  const person: Person = new Person([async () => (await LoginProvider.signIn(person.page, redirectUri)).href]);
  const ground = loginGround(person, { test: { ...provider.settings, redirectUri } });
  await storeLogin(store, 'main', await browser.login({ provider: 'test' }, ground), Date.now());
  await store.update('main', (stored) => {
    const profile = stored.profiles[ID] as OAuthProfile;
    return { ...stored, profiles: { ...stored.profiles, [ID]: { ...profile, expires: Date.now() - 1000 } } };
  });
}

async function start(stopAt?: string): Promise<Worker> {
  const worker = await Worker.start(stateDir, provider.server.issuer, stopAt);
  workers.push(worker);
  return worker;
}

const read = (): StoredProfiles => new FileProfileStore(stateDir).read('main');

describe('three processes with fifty users each', () => {
  it('S171: cause one refresh of an expired login, and no refresh token is used twice', async () => {
    const all = await Promise.all([start(), start(), start()]);
    for (const worker of all) worker.come(50);
    const got = await Promise.all(all.map((worker) => worker.got()));

    const { access } = read().profiles[ID] as OAuthProfile;
    expect(got).toEqual([[[access, 50]], [[access, 50]], [[access, 50]]]);
    expect(provider.refreshes).toEqual([{ type: 'refresh_token' }]);
    expect(read().usageStats?.[ID]).not.toHaveProperty('refreshing');
  });
});

describe('S173: a process that is killed while it refreshes', () => {
  /** What the next process makes of it: tokens, or the advice to sign in again. */
  async function afterwards(): Promise<string> {
    const next = await start();
    next.come(50);
    const got = await next.got();
    expect(got).toEqual([[expect.any(String), 50]]);
    const path = store.describe('main');
    expect(() => JSON.parse(readFileSync(path, 'utf8')) as unknown).not.toThrow();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    return got[0]![0];
  }

  it.each(['leased', 'asking', 'stored'])('at the step "%s" leaves a login that works', async (step) => {
    const victim = await start(step);
    victim.come(50);
    await victim.line(new RegExp(`^step ${step}$`));
    await victim.kill();

    expect(await afterwards()).toBe((read().profiles[ID] as OAuthProfile).access);
    expect(provider.refreshes).toEqual([{ type: 'refresh_token' }]);
  });

  it('before its question is heard leaves a login that works', async () => {
    const victim = await start();
    const heard = new Promise<void>((resolve) => {
      provider.server.intercept = ({ url }) => {
        if (url !== '/token') return false;
        resolve();
        return true; // never answered
      };
    });
    victim.come(50);
    await heard;
    await victim.kill();
    provider.server.intercept = undefined;

    expect(await afterwards()).toBe((read().profiles[ID] as OAuthProfile).access);
    expect(provider.refreshes).toEqual([{ type: 'refresh_token' }]);
  });

  it.each(['while it is answered', 'with the answer in its hands'])('%s is told to sign in again', async (when) => {
    const victim = await start(when === 'while it is answered' ? undefined : 'answered');
    if (when === 'while it is answered') {
      const killed = new Promise<void>((resolve) => {
        provider.onGrant(({ type }) => type === 'refresh_token' && void victim.kill().then(() => resolve()));
      });
      victim.come(50);
      await killed;
    } else {
      victim.come(50);
      await victim.line(/^step answered$/);
      await victim.kill();
    }

    expect(await afterwards()).toMatch(/^NeedsLogin: .*sign in again.*cut off/);
    const { profiles, usageStats } = read();
    expect(profileHealth(profiles[ID]!, usageStats?.[ID], Date.now())).toMatchObject({ health: 'expired' });
    // Asked once more, in the hope that the first had not been heard; and never again after that.
    expect(await afterwards()).toMatch(/^NeedsLogin/);
    expect(provider.refreshes).toHaveLength(2);
  });
});
