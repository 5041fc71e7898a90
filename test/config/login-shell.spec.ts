import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { LoginShell } from '../../src/config/login-shell.js';
import { KeySettings, Place } from './place.js';

const SECRET = 'canary-secret-0123456789';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

/** A stand-in for the login shell, which notes each of its runs and then does what `script` says. */
function shell(script: string): string {
  place.write({ 'a shell': `#!/bin/sh\nprintf '%s\\n' "$*" >> '${place.home}/runs'\n${script}\n` });
  chmodSync(join(place.home, 'a shell'), 0o700);
  return join(place.home, 'a shell');
}

const runs = (): string[] =>
  existsSync(join(place.home, 'runs')) ? readFileSync(join(place.home, 'runs'), 'utf8').split('\n').slice(0, -1) : [];

/** Sets variables as an rc file does, then does what it was asked for. */
const WITH_RC = `echo 'Welcome, OPENAI_API_KEY=banner'
export OPENAI_API_KEY='from the
shell' GROQ_API_KEY=shell-groq OPENCLAW_GATEWAY_TOKEN=${SECRET} CLAWDBOT_GATEWAY_PORT=1 NOT_EXPECTED=x LD_PRELOAD=
shift; exec /bin/sh "$@"`;

const ON = { env: { shellEnv: { enabled: true, timeoutMs: 5000 } } };

describe('the import from the login shell', () => {
  it('does not happen unless it is asked for', async () => {
    await place.load({ SHELL: shell(WITH_RC) });
    expect(runs()).toEqual([]);
  });

  it('brings in the missing ones of the expected names, and remembers which', async () => {
    place.config(ON);

    const { environment, snapshot, origins, warnings } = await place.load({
      SHELL: shell(WITH_RC),
      GROQ_API_KEY: 'real',
      DOORWARD_GATEWAY_PORT: '4000',
    });

    expect(environment.namesFrom('shell env').sort()).toEqual(['OPENAI_API_KEY', 'OPENCLAW_GATEWAY_TOKEN']);
    expect(environment.get('!OPENAI_API_KEY')).toBe('from the\nshell');
    expect(environment.get('!GROQ_API_KEY')).toBe('real');
    expect(snapshot.get(GatewaySettings).port).toBe(4000);
    expect(snapshot.get(KeySettings).token).toBe(SECRET);
    expect(origins.get('gateway.auth.token')).toBe('shell env: OPENCLAW_GATEWAY_TOKEN');
    expect(warnings).toEqual([]);
    expect(runs()).toEqual(['-l -c printf "\\0"; env -0']);
  });

  it('leaves a name alone whose _FILE twin is set', async () => {
    place.config(ON).write({ key: 'the-key-of-the-file' });
    const { snapshot } = await place.load({ SHELL: shell(WITH_RC), DOORWARD_GATEWAY_TOKEN_FILE: `${place.home}/key` });
    expect(snapshot.get(KeySettings).token).toBe('the-key-of-the-file');
  });

  it.each([
    [{ OPENCLAW_LOAD_SHELL_ENV: '1' }, {}, 1],
    [{ DOORWARD_LOAD_SHELL_ENV: 'false' }, ON, 0],
  ])('is switched by %j too, which is stronger than the file', async (variables, config, times) => {
    place.config(config);
    await place.load({ SHELL: shell(WITH_RC), ...(variables as Record<string, string>) });
    expect(runs()).toHaveLength(times);
  });

  it('asks the shell once, however often the configuration is loaded', async () => {
    place.config(ON);
    const [variables, loginShell] = [{ SHELL: shell(WITH_RC) }, new LoginShell()];

    await place.load(variables, { loginShell });
    const { snapshot } = await place.load(variables, { loginShell });

    expect(snapshot.get(KeySettings).token).toBe(SECRET);
    expect(runs()).toHaveLength(1);
  });

  it.each([
    ['that fails', 'exit 3', /it ended with status 3$/],
    ['that hangs', 'sleep 600 & sleep 600', /it did not answer within 200 ms$/],
    ['that never ends', 'while :; do echo 01234567890123456789; done', /larger than 4 MiB$|within 200 ms$/],
  ])('starts all the same with a shell %s, warns, and leaves none of its processes', async (_, script, warning) => {
    place.config({ env: { shellEnv: { enabled: true } } });
    const lifeline = join(place.home, 'lifeline'); // ends when the last process that holds it is gone
    execFileSync('mkfifo', [lifeline]);
    const lives = createReadStream(lifeline).resume();
    const path = shell(`exec 3> '${lifeline}'\n${script}`);

    const [{ warnings }] = await Promise.all([
      place.load({ SHELL: path, OPENCLAW_SHELL_ENV_TIMEOUT_MS: '200' }),
      once(lives, 'end'),
    ]);

    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  it('starts all the same with a shell that is not there', async () => {
    place.config(ON);
    const { warnings } = await place.load({ SHELL: '/nowhere/sh; touch /tmp/owned' });
    expect(warnings).toEqual([
      'nothing was imported from the login shell /nowhere/sh; touch /tmp/owned: it does not exist',
    ]);
  });

  it('takes /bin/sh when SHELL is no absolute path', async () => {
    place.config(ON);
    const { warnings } = await place.load({ SHELL: 'sh' });
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ DOORWARD_LOAD_SHELL_ENV: 'perhaps' }, 'DOORWARD_LOAD_SHELL_ENV: must be true or false'],
    [
      { OPENCLAW_LOAD_SHELL_ENV: '1', OPENCLAW_SHELL_ENV_TIMEOUT_MS: '15s' },
      'OPENCLAW_SHELL_ENV_TIMEOUT_MS: must be a whole number of milliseconds, 120000 at most',
    ],
  ])('is not guessed at: %j', async (variables, message) => {
    await expect(place.refusal(variables as Record<string, string>)).resolves.toEqual([message]);
  });
});
