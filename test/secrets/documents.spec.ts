import { TokenSettings } from '../../src/auth/strategies/token.strategy.js';
import { ModelsSettings } from '../../src/credentials/models.settings.js';
import { CANARY, tokenFrom, Vault } from './vault.js';

let vault: Vault;
beforeEach(() => {
  vault = new Vault();
});
afterEach(() => vault.remove());

const models = (providers: object): object => ({ models: { providers } });

/** The examples of document 003, with the machine's own directories in the place of /usr/local and /opt/homebrew. */
describe('what document 003 prints', () => {
  it('a variable', async () => {
    vault.config(models({ openai: { apiKey: { source: 'env', provider: 'default', id: 'OPENAI_API_KEY' } } }));
    const { snapshot } = await vault.load({ OPENAI_API_KEY: CANARY });
    expect(snapshot.get(ModelsSettings).providers['openai']?.apiKey).toBe(CANARY);
  });

  it('one configuration with all three providers', async () => {
    vault.file('.openclaw/secrets.json', { providers: { openai: { apiKey: `${CANARY}-file` } } });
    const command = vault.program(
      'openclaw-vault-resolver',
      `ask(({ ids }) => {
        if (process.argv.slice(2).join(' ') !== '--profile prod') process.exit(2);
        const names = Object.keys(process.env).filter((name) => !name.startsWith('__')).sort().join();
        say({ protocolVersion: 1, values: { [ids[0]]: names + ' ${CANARY}-exec' } });
      });`,
    );
    const vaultProvider = {
      source: 'exec',
      command,
      args: ['--profile', 'prod'],
      passEnv: ['PATH', 'VAULT_ADDR'],
      jsonOnly: true,
    };
    vault.config({
      secrets: {
        providers: {
          default: { source: 'env' },
          filemain: { source: 'file', path: '~/.openclaw/secrets.json', mode: 'json' },
          vault: vaultProvider,
        },
      },
      ...models({
        one: { baseUrl: 'https://one.example/v1', apiKey: { source: 'env', provider: 'default', id: 'ONE_KEY' } },
        two: {
          baseUrl: 'https://two.example/v1',
          apiKey: { source: 'file', provider: 'filemain', id: '/providers/openai/apiKey' },
        },
        three: {
          baseUrl: 'https://three.example/v1',
          apiKey: { source: 'exec', provider: 'vault', id: 'providers/openai/apiKey' },
        },
      }),
    });

    const { snapshot } = await vault.load({ ONE_KEY: CANARY, VAULT_ADDR: 'https://vault', PATH: '/bin', OTHER: 'x' });

    const { providers } = snapshot.get(ModelsSettings);
    expect(providers['one']?.apiKey).toBe(CANARY);
    expect(providers['two']?.apiKey).toBe(`${CANARY}-file`);
    expect(providers['three']?.apiKey).toBe(`PATH,VAULT_ADDR ${CANARY}-exec`);
  });

  it('1Password: a link of Homebrew in a trusted directory, and a bare value', async () => {
    vault.program(
      'homebrew/Cellar/op',
      `if (process.argv.slice(2).join('|') !== 'read|op://Personal/OpenClaw QA API Key/password') process.exit(1);
       process.stdout.write('${CANARY}\\n');`,
    );
    vault.file('homebrew/bin/.keep', '');
    const { symlinkSync } = await import('node:fs');
    symlinkSync('../Cellar/op', vault.path('homebrew/bin/op'));
    const onepassword = {
      source: 'exec',
      command: vault.path('homebrew/bin/op'),
      allowSymlinkCommand: true,
      trustedDirs: [vault.path('homebrew')],
      args: ['read', 'op://Personal/OpenClaw QA API Key/password'],
    };
    const reference = { source: 'exec', provider: 'onepassword_openai', id: 'value' };
    vault.config(tokenFrom(reference, { providers: { onepassword_openai: onepassword } }));

    const { snapshot } = await vault.load();
    expect(snapshot.get(TokenSettings).token).toBe(CANARY);
  });

  it('Vault: `vault kv get` with its own variables, and a bare value', async () => {
    const command = vault.program(
      'vault',
      `const { VAULT_ADDR, VAULT_TOKEN } = process.env;
       if (process.argv.slice(2).join(' ') !== 'kv get -field=OPENAI_API_KEY secret/openclaw') process.exit(2);
       if (VAULT_ADDR !== 'https://vault' || VAULT_TOKEN !== 'hvs.x') process.exit(3);
       process.stdout.write('${CANARY}');`,
    );
    const provider = {
      source: 'exec',
      command,
      allowSymlinkCommand: true,
      args: ['kv', 'get', '-field=OPENAI_API_KEY', 'secret/openclaw'],
      passEnv: ['VAULT_ADDR', 'VAULT_TOKEN'],
    };
    vault.config(
      tokenFrom({ source: 'exec', provider: 'vault_openai', id: 'value' }, { providers: { vault_openai: provider } }),
    );

    const { snapshot } = await vault.load({ VAULT_ADDR: 'https://vault', VAULT_TOKEN: 'hvs.x' });
    expect(snapshot.get(TokenSettings).token).toBe(CANARY);
  });
});

describe('a reference', () => {
  // prettier-ignore
  it.each([
    ['whole',                     { source: 'env', provider: 'default', id: 'HOUSE_KEY' }],
    ['without its provider',      { source: 'env', id: 'HOUSE_KEY' }],
    ['${NAME}',                   '${HOUSE_KEY}'],
    ['$NAME',                     '$HOUSE_KEY'],
    ['secretref-env:NAME',        'secretref-env:HOUSE_KEY'],
  ])('%s', async (_, token) => {
    vault.config(tokenFrom(token));
    const { snapshot, secrets } = await vault.load({ HOUSE_KEY: CANARY });
    expect(snapshot.get(TokenSettings).token).toBe(CANARY);
    expect(secrets.active).toEqual([expect.objectContaining({ path: 'gateway.auth.token' })]);
  });

  it('without its provider takes the default of its source', async () => {
    vault.file('one.json', { key: CANARY });
    const providers = { mine: { source: 'file', path: '~/one.json' } };
    vault.config(tokenFrom({ source: 'file', id: '/key' }, { providers, defaults: { file: 'mine' } }));
    expect((await vault.load()).snapshot.get(TokenSettings).token).toBe(CANARY);
  });

  it('in a map, a header, a URL: wherever a setting is marked as secret', async () => {
    vault.config({
      redis: { url: '$REDIS' },
      ...models({
        own: {
          baseUrl: 'https://own.example/v1',
          headers: { 'x-one': '${ONE}', source: 'plain', 'x-two': { source: 'env', id: 'TWO' } },
        },
      }),
    });
    const { snapshot, secrets } = await vault.load({ REDIS: 'redis://localhost', ONE: '1-one', TWO: '2-two' });

    expect(snapshot.get(ModelsSettings).providers['own']?.headers).toEqual({
      'x-one': '1-one',
      source: 'plain',
      'x-two': '2-two',
    });
    expect(secrets.active.map(({ path }) => path)).toEqual([
      'models.providers.own.headers.x-one',
      'models.providers.own.headers.x-two',
      'redis.url',
    ]);
    expect(secrets.plain).toEqual(['models.providers.own.headers.source']);
  });

  it('is judged by the rules of its setting, and named by its source alone', async () => {
    vault.config(tokenFrom('$HOUSE_KEY'));
    const [line, ...others] = await vault.refusal({ HOUSE_KEY: 'short-canary' });
    expect(others).toEqual([]);
    expect(line).toMatch(/^gateway\.auth\.token: .*\(from env:HOUSE_KEY\)$/);
    expect(line).not.toContain('canary');
  });

  // prettier-ignore
  it.each([
    ['a source that nobody knows',  { source: 'vault', provider: 'v', id: 'x' },           'names no known source; write "env", "file" or "exec"'],
    ['another key',                 { source: 'env', provider: 'default', id: 'X', a: 1 }, 'has the key "a"; a reference is { source, provider, id } and no more'],
    ['no id',                       { source: 'env', provider: 'default' },                'has no id; write the name of the secret as text'],
    ['a provider in capitals',      { source: 'env', provider: 'Default', id: 'X' },       'names a provider that cannot be one: the name must be 1 to 64'],
    ['a variable in small letters', { source: 'env', provider: 'default', id: 'path' },    'has an id that is no name of a variable'],
    ['a pointer without a slash',   { source: 'file', provider: 'f', id: 'a/b' },          'has an id that is no JSON Pointer (RFC 6901): it must begin with "/"'],
    ['a pointer with a wrong ~',    { source: 'file', provider: 'f', id: '/a~2' },         'has an id that is no JSON Pointer (RFC 6901): it has a "~"'],
    ['a fragment',                  { source: 'file', provider: 'f', id: '#/a' },          'has an id that is no JSON Pointer'],
    ['an id with a step up',        { source: 'exec', provider: 'e', id: 'a/../b' },       'has an id that must not contain "." or ".." as a step'],
    ['an id like an option',        { source: 'exec', provider: 'e', id: '--help' },       'has an id that must be 1 to 256 letters, digits'],
    ['an id with a space',          { source: 'exec', provider: 'e', id: 'a b' },          'has an id that must be 1 to 256 letters, digits'],
    ['an endless id',               { source: 'exec', provider: 'e', id: 'a'.repeat(257) }, 'has an id that must be 1 to 256 letters, digits'],
    ['an empty short form',         'secretref-env:',                                      'is a short form whose name is no name of a variable'],
    ['no such provider',            { source: 'exec', provider: 'valt', id: 'x' },         'refers to exec provider "valt", id "x", and there is no such provider; did you mean "vault"?'],
    ['a provider of another source', { source: 'exec', provider: 'f', id: 'x' },           '"f" is declared with source "file"; write source "file", or name another provider'],
    ['a pointer into one value',    { source: 'file', provider: 'one', id: '/x' },         'the file of a singleValue provider is one secret; write id "value"'],
    ['one value of JSON',           { source: 'file', provider: 'f', id: 'value' },        'write a JSON Pointer such as /value, or set its mode to "singleValue"'],
  ])('with %s is refused before anybody is asked', async (_, token, sentence) => {
    const providers = {
      f: { source: 'file', path: '/nowhere' },
      one: { source: 'file', path: '/nowhere', mode: 'singleValue' },
      vault: { source: 'exec', command: '/nowhere/vault' },
    };
    vault.config(tokenFrom(token, { providers }));
    const lines = await vault.refusal();
    expect(lines).toEqual([expect.stringContaining(sentence)]);
    expect(lines[0]).toMatch(/^gateway\.auth\.token: /);
  });

  it('that is wrong is told together with everything else that is', async () => {
    vault.config({
      ...tokenFrom({ source: 'exec', provider: 'v', id: 'x' }),
      redis: { url: { source: 'x', id: 'y' } },
      gatway: 1,
    });
    expect((await vault.refusal()).map((line) => line.split(':')[0])).toEqual([
      'gatway',
      'redis.url',
      'gateway.auth.token',
    ]);
  });
});
