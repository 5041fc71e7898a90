import { Environment } from '../../src/config/environment.js';
import { systemClock } from '../../src/kernel/clock.js';
import { EnvProvider, ExecProvider, FileProvider, type ProviderSettings } from '../../src/secrets/provider.settings.js';
import { RESOLVERS } from '../../src/secrets/resolvers/index.js';
import { type Found, SecretFailure } from '../../src/secrets/secret-resolver.js';
import { Vault } from '../secrets/vault.js';

const SECRET = 'canary-0123456789';
const OTHER = 'canary-9876543210';

/** Each source, with two secrets in it and one that is blank: how it is set up, and what its ids look like. */
interface Setup {
  readonly settings: ProviderSettings;
  readonly variables?: Readonly<Record<string, string>>;
  readonly ids: { readonly one: string; readonly other: string; readonly blank: string; readonly absent: string };
}

const SETUPS: Readonly<Record<string, (vault: Vault) => Setup>> = {
  env: () => ({
    settings: new EnvProvider(),
    variables: { ONE: SECRET, OTHER, BLANK: ' ' },
    ids: { one: 'ONE', other: 'OTHER', blank: 'BLANK', absent: 'ABSENT' },
  }),
  file: (vault) => ({
    settings: Object.assign(new FileProvider(), {
      path: vault.file('s.json', { one: SECRET, deep: { other: OTHER }, blank: ' ' }),
    }),
    ids: { one: '/one', other: '/deep/other', blank: '/blank', absent: '/absent' },
  }),
  exec: (vault) => ({
    settings: Object.assign(new ExecProvider(), {
      command: vault.keeper('k', { one: SECRET, 'deep/other': OTHER, blank: ' ' }),
    }),
    ids: { one: 'one', other: 'deep/other', blank: 'blank', absent: 'absent' },
  }),
};

let vault: Vault;
beforeEach(() => {
  vault = new Vault();
});
afterEach(() => vault.remove());

it('every resolver of the list is tried here', () => {
  expect(RESOLVERS.map(({ source }) => source)).toEqual(Object.keys(SETUPS));
});

describe.each(RESOLVERS.map((resolver) => [resolver.source, resolver] as const))('%s', (source, resolver) => {
  async function resolve(names: readonly (keyof Setup['ids'])[]): Promise<{ found: Found; ids: Setup['ids'] }> {
    const { settings, variables = {}, ids } = SETUPS[source]!(vault);
    const environment = new Environment({ HOME: vault.home, ...variables });
    const batch = { alias: 'p', settings, ids: names.map((name) => ids[name]), environment, clock: systemClock };
    return { found: await resolver.resolve(batch), ids };
  }

  it('answers every id that it was asked for, and no other', async () => {
    const { found, ids } = await resolve(['one', 'other', 'absent']);
    expect([...found.keys()]).toEqual([ids.one, ids.other, ids.absent]);
  });

  it('has the secret as it is kept', async () => {
    const { found, ids } = await resolve(['one', 'other']);
    expect(found.get(ids.one)).toBe(SECRET);
    expect(found.get(ids.other)).toBe(OTHER);
  });

  it.each(['absent', 'blank'] as const)(
    'says of one that is %s why, and what to do, without a word of another',
    async (name) => {
      const { found, ids } = await resolve(['one', name]);
      const failure = found.get(ids[name]);
      expect(failure).toBeInstanceOf(SecretFailure);
      const { message, remedy } = failure as SecretFailure;
      expect(message).toMatch(/^\S.*[^.;]$/);
      expect(remedy).toMatch(/^[a-z].*[^.;]$/);
      expect(message + remedy).not.toContain('canary');
      expect(found.get(ids.one)).toBe(SECRET);
    },
  );
});
