import { AUTH_MODES } from '../../src/auth/auth.settings.js';
import { TAILSCALE_MODES } from '../../src/auth/tailscale/tailscale.settings.js';
import { findEntry } from '../../src/cli/argv.js';
import { COMMANDS, GROUPS } from '../../src/cli/commands.js';
import { AUTH_WORDS, BIND_WORDS, TAILSCALE_WORDS } from '../../src/cli/gateway-run.js';
import { BINDS } from '../../src/config/gateway.settings.js';
import { cli } from './in-process.js';

describe('help', () => {
  it.each(COMMANDS.map((entry) => [entry.path, entry] as const))('doorward %s --help', async (path, entry) => {
    const { code, stdout, stderr } = await cli(`${path} --help`);
    const { command } = await entry.load();

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: doorward ${path}`);
    expect(stdout).toContain('--json');
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) expect(stdout).toContain(`$ ${example}`);
  });

  it.each(COMMANDS.map((entry) => [entry.path, entry] as const))('the examples of %s call it', async (_, entry) => {
    const { command } = await entry.load();
    for (const example of command.examples) {
      const called = findEntry(/doorward ([^)"]*)/.exec(example)![1]!.split(' '));
      expect((await called?.load())?.command).toBe(command);
    }
  });

  it('lists all commands', async () => {
    const { code, stdout } = await cli('--help');

    expect(code).toBe(0);
    for (const name of [
      ...Object.keys(GROUPS).filter((path) => !path.includes(' ')),
      'status',
      'health',
      'logs',
      'doctor',
      'completion',
    ])
      expect(stdout).toContain(`  ${name} `);
  });

  it.each(['', '--help'])('is what doorward %s prints', async (line) => {
    expect(await cli(line)).toEqual({ code: 0, stdout: expect.stringContaining('Usage: doorward'), stderr: '' });
  });

  it('prints the version', async () => {
    expect(await cli('--version')).toEqual({ code: 0, stdout: '0.0.0-test\n', stderr: '' });
  });

  it('knows the words of the settings', () => {
    expect([BIND_WORDS, AUTH_WORDS, TAILSCALE_WORDS]).toEqual([[...BINDS], [...AUTH_MODES], [...TAILSCALE_MODES]]);
  });
});

describe('wrong usage ends with 2 and says what is wrong', () => {
  // prettier-ignore
  it.each([
    ['statsu',                                 'Did you mean status?'],
    ['tokens lst',                             'Did you mean list?'],
    ['gateway statuss',                        'Did you mean status?'],
    ['tokens',                                 'Usage: doorward tokens'],
    ['auth explain',                           "missing required argument 'requestId'"],
    ['auth explain a b',                       'too many arguments'],
    ['auth explain ../../x',                   'not a request id'],
    ['tokens list --jsno',                     'Did you mean --json?'],
    ['tokens create --expires-in 30',          'not a duration: 30'],
    ['gateway run --port 99999',               '--port is no port number'],
    ['gateway run --port 0x50',                '--port is no port number'],
    ['gateway run --bind everywhere',          'Allowed choices are loopback'],
    ['gateway run --dev --token-stdin',        'Give the secret by file'],
    ['gateway call health {',                  'one JSON object'],
    ['logs --lines few',                       '--lines is no number'],
    ['logs --grep (',                          '--grep is no regular expression'],
    ['completion tcsh',                        'Allowed choices are bash, zsh, fish'],
    ['status --url ftp://h',                   '--url is no http or https address'],
    ['status --url http://u:secret-pw@h',      '--url must not hold a credential'],
    ['status --url http://h',                  '--url needs a credential'],
    ['status --url http://h --token-file /no', '/no cannot be read: it does not exist'],
    ['status --token a --token-file b',        'the token was given in 2 ways'],
    ['status --token-stdin --password-stdin',  'cannot share standard input'],
  ])('%s', async (line, sentence) => {
    const { code, stdout, stderr } = await cli(line);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('secret-pw');
  });
});
