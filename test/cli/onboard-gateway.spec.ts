import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import JSON5 from 'json5';
import { built, CliHome, PROGRAM, RunningCli } from '../helpers/cli.js';
import { given } from '../helpers/given.js';

const PASSWORD = 'canary-a-long-password-5f2d9c';
const NO_ROWS = { DOORWARD_DATABASE_MODE: 'none' };

let home: CliHome;
beforeAll(built);
beforeEach(() => (home = new CliHome()));
afterEach(() => home.remove());

/** The status of a caller from elsewhere, whom loopback does not answer for. */
async function knock(port: number, bearer?: string): Promise<number> {
  const headers = { host: 'gateway.example.com', ...(bearer && { authorization: `Bearer ${bearer}` }) };
  const sent = request({ host: '127.0.0.1', port, path: '/api/v1/whoami', headers });
  const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
    sent.once('response', resolve).once('error', reject).end(),
  );
  answer.resume();
  return answer.statusCode!;
}

async function started(): Promise<number> {
  const running = home.start(['gateway', 'run', '--port', '0'], { env: NO_ROWS });
  const [, port] = await running.until(/http:\/\/127\.0\.0\.1:(\d+)/);
  expect(running.stderr).not.toContain('no credential is configured');
  return Number(port);
}

it('a gateway started with what was set up lets the token in, and nobody else', async () => {
  expect(await home.run(['onboard', '--non-interactive'])).toMatchObject({ code: 0 });
  const { gateway } = JSON5.parse<{ gateway: { auth: { token: string } } }>(
    readFileSync(join(home.stateDir, 'doorward.json5'), 'utf8'),
  );
  const { token } = gateway.auth;
  const port = await started();

  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(await knock(port, token)).toBe(200);
  for (const other of [undefined, 'wrong', token.slice(1), `${token}0`]) expect(await knock(port, other)).toBe(401);
});

const hasTerminal = spawnSync('script', ['--version']).stdout?.includes('util-linux') === true;

given(hasTerminal, 'at a terminal', () => {
  /** The program at a pseudo-terminal of its own; everything that is on the screen is its stdout here. */
  function atTerminal(): RunningCli {
    const line = `'${process.execPath}' '${PROGRAM}' onboard`;
    return new RunningCli(
      spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
        env: { PATH: process.env['PATH'], HOME: home.path, NO_COLOR: '1', SHELL: '/bin/sh' },
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    );
  }

  /** Types each answer when its question is there. */
  async function answer(running: RunningCli, answers: readonly (readonly [question: string, answer: string])[]) {
    let seen = 0;
    for (const [question, typed] of answers) {
      const { index } = await running.until(new RegExp(`(?<=^[^]{${seen},})${question}`));
      seen = index + 1;
      running.child.stdin!.write(typed);
    }
  }

  const TO_PASSWORD = [
    ['Which port', '\n'],
    ['Number\\?', '\n'],
    ['Number\\?', '2\n'],
  ] as const;

  it('secrets are not shown while they are typed, and what comes after them is', async () => {
    const running = atTerminal();
    const rest = [
      ['The password', `${PASSWORD}\n`],
      ['Once more', `${PASSWORD}\n`],
      ['Number\\?', '\n'],
      ['Number\\?', '\n'],
    ] as const;
    await answer(running, [...TO_PASSWORD, ...rest]);
    const { code, stdout } = await running.finished();

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('canary') });
    expect(readFileSync(join(home.stateDir, 'doorward.json5'), 'utf8')).toContain(PASSWORD);
    expect(await knock(await started(), PASSWORD)).toBe(200);
  });

  it.each([
    ['a question', TO_PASSWORD.slice(0, 2)],
    ['a secret', TO_PASSWORD],
  ])('Ctrl-C at %s ends it, and nothing is written', async (what, before) => {
    const running = atTerminal();
    await answer(running, [...before, [what === 'a secret' ? 'The password' : 'Number\\?', '\u0003']]);

    expect((await running.finished()).code).not.toBe(0);
    expect(existsSync(home.stateDir)).toBe(false);
    expect(readdirSync(home.path)).toEqual([]);
  });
});
