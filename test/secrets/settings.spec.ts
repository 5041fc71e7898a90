import { Vault } from './vault.js';

let vault: Vault;
beforeEach(() => {
  vault = new Vault();
});
afterEach(() => vault.remove());

const many = (length: number, item: (i: number) => string): string[] => Array.from({ length }, (_, i) => item(i));
const EXEC = { source: 'exec', command: '/bin/vault' };

/** Every bound of `secrets.*`, just inside and just outside. */
describe('the settings of secrets', () => {
  // prettier-ignore
  it.each([
    // provider `p`                                                     what is wrong with it, if anything
    [{ source: 'env' },                                                 undefined],
    [{ source: 'env', allowlist: many(256, (i) => `A_${i}`) },          undefined],
    [{ source: 'env', allowlist: many(257, (i) => `A_${i}`) },          'allowlist: must contain no more than 256 elements'],
    [{ source: 'env', allowlist: ['a'] },                               'allowlist: each entry must be the name of a variable in capitals'],
    [{ source: 'env', path: '/x' },                                     'path: unknown key'],
    [{ source: 'file', path: '~/s.json' },                              undefined],
    [{ source: 'file', path: '/s', mode: 'singleValue', timeoutMs: 120_000, maxBytes: 20 * 1024 * 1024, allowInsecurePath: true }, undefined],
    [{ source: 'file' },                                                'path: must be an absolute path'],
    [{ source: 'file', path: 's.json' },                                'path: must be an absolute path'],
    [{ source: 'file', path: '/s', mode: 'text' },                      'mode: must be one of the following values: json, singleValue'],
    [{ source: 'file', path: '/s', timeoutMs: 120_001 },                'timeoutMs: must not be greater than 120000'],
    [{ source: 'file', path: '/s', timeoutMs: 0 },                      'timeoutMs: must not be less than 1'],
    [{ source: 'file', path: '/s', maxBytes: 20 * 1024 * 1024 + 1 },    'maxBytes: must not be greater than 20971520'],
    [{ source: 'file', path: '/s', allowInsecurePath: 'yes' },          'allowInsecurePath: must be true or false'],
    [EXEC,                                                              undefined],
    [{ ...EXEC, args: many(128, () => 'x'.repeat(1024)), passEnv: many(128, (i) => `V${i}`), trustedDirs: many(64, (i) => `/d${i}`), env: { a: 'b' } }, undefined],
    [{ ...EXEC, args: many(129, () => 'x') },                           'args: must contain no more than 128 elements'],
    [{ ...EXEC, args: ['x'.repeat(1025)] },                             'args: each entry must be text of at most 1024 characters'],
    [{ ...EXEC, args: ['a\0b'] },                                       'args: each entry must be text of at most 1024 characters'],
    [{ ...EXEC, args: 'kv get' },                                       'args: must be a list'],
    [{ ...EXEC, timeoutMs: 120_001 },                                   'timeoutMs: must not be greater than 120000'],
    [{ ...EXEC, noOutputTimeoutMs: 120_001 },                           'noOutputTimeoutMs: must not be greater than 120000'],
    [{ ...EXEC, maxOutputBytes: 20 * 1024 * 1024 + 1 },                 'maxOutputBytes: must not be greater than 20971520'],
    [{ ...EXEC, jsonOnly: 'no' },                                       'jsonOnly: must be true or false'],
    [{ ...EXEC, env: { 'A-B': 'x' } },                                  'env: must be an object of at most 128 variables'],
    [{ ...EXEC, env: { A: 5 } },                                        'env: must be an object of at most 128 variables'],
    [{ ...EXEC, passEnv: many(129, (i) => `V${i}`) },                   'passEnv: must contain no more than 128 elements'],
    [{ ...EXEC, passEnv: ['path'] },                                    'passEnv: each entry must be the name of a variable in capitals'],
    [{ ...EXEC, trustedDirs: many(65, (i) => `/d${i}`) },               'trustedDirs: must contain no more than 64 elements'],
    [{ ...EXEC, trustedDirs: ['opt'] },                                 'trustedDirs: each entry must be the absolute path of a directory'],
    [{ ...EXEC, allowSymlinks: true },                                  'allowSymlinks: unknown key'],
    [{ source: 'vault' },                                               'source: must be one of the following values: env, file, exec'],
    [{ source: 'constructor' },                                         'source: must be one of the following values: env, file, exec'],
  ])('%j', async (provider, sentence) => {
    vault.config({ secrets: { providers: { p: provider } } });
    if (sentence === undefined) return void (await vault.load());
    expect(await vault.refusal()).toContainEqual(expect.stringContaining(`secrets.providers.p.${sentence}`));
  });

  // prettier-ignore
  it.each([
    [{ providers: { 'Vault': EXEC } },                        'secrets.providers.Vault: the name must be 1 to 64 lower-case letters'],
    [{ providers: { '1p': EXEC } },                           'secrets.providers.1p: the name must be'],
    [{ providers: { p: 'vault' } },                           'secrets.providers.p: must be an object, and it is text'],
    [{ providers: [] },                                       'secrets.providers: must be an object, and it is a list'],
    [{ provider: {} },                                        'secrets.provider: unknown key; did you mean "secrets.providers"?'],
    [{ defaults: { file: 'nothing' } },                       'secrets.defaults.file: must name an entry of secrets.providers with source "file"'],
    [{ providers: { e: EXEC }, defaults: { env: 'e' } },      'secrets.defaults.env: must name an entry of secrets.providers with source "env", and "e" is no env provider'],
    [{ defaults: { vault: 'x' } },                            'secrets.defaults.vault: unknown key'],
    [{ resolution: { maxProviderConcurrency: 17 } },          'secrets.resolution.maxProviderConcurrency: must not be greater than 16'],
    [{ resolution: { maxRefsPerProvider: 4097 } },            'secrets.resolution.maxRefsPerProvider: must not be greater than 4096'],
    [{ resolution: { onStartFailure: 'ignore' } },            'secrets.resolution.onStartFailure: must be one of the following values: refuse, wait, last-known-good'],
  ])('%j', async (secrets, sentence) => {
    vault.config({ secrets });
    expect(await vault.refusal()).toContainEqual(expect.stringContaining(sentence));
  });

  it('never show what stands in `env` of a provider', async () => {
    vault.config({ secrets: { providers: { p: { ...EXEC, env: { TOKEN: 'canary', 'A-B': 'canary' } } } } });
    expect((await vault.refusal()).join()).not.toContain('canary');
    vault.config({ secrets: { providers: { p: { ...EXEC, env: { TOKEN: 'canary' } } } } });
    const loaded = await vault.load();
    expect(JSON.stringify(loaded.redacted())).not.toContain('canary');
    expect([...loaded.secretValues()]).toEqual(['canary']);
  });
});
