import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BootOptions } from '../../src/cli/boot.js';
import type { World } from '../../src/cli/command.js';
import { cli, type Outcome } from './in-process.js';

const SECRET = 'correct horse battery';

let directory: string;
let asked: BootOptions | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'doorward-secrets-'));
  asked = undefined;
});
afterEach(() => rmSync(directory, { recursive: true }));

/** `gateway run`, up to the moment at which the gateway would start. */
function start(line: string, world: Partial<World> = {}): Promise<Outcome> {
  const boot = (options: BootOptions): Promise<never> => {
    asked = options;
    return Promise.reject(new Error('far enough'));
  };
  return cli(`gateway run ${line}`, { boot, ...world });
}

function file(content: string): string {
  const path = join(directory, 'secret');
  writeFileSync(path, content);
  return path;
}

describe('a secret', () => {
  it.each(['token', 'password'])('as an argument works, with a warning that does not repeat it: --%s', async (name) => {
    const { stderr } = await start(`--${name} ${SECRET.replaceAll(' ', '-')}`);

    expect(asked!.overrides).toEqual({ [`gateway.auth.${name}`]: SECRET.replaceAll(' ', '-') });
    expect(stderr).toContain(`warning: --${name} shows the secret in the process list`);
    expect(stderr).not.toContain('correct');
  });

  it.each(['\n', '\r\n', ''])('from a file, without its line break %j, without a warning', async (end) => {
    const { stderr } = await start(`--token-file ${file(SECRET + end)}`);

    expect(asked!.overrides).toEqual({ 'gateway.auth.token': SECRET });
    expect(stderr).toBe('error: far enough\n');
  });

  it('from standard input', async () => {
    await start('--password-stdin', { stdin: Readable.from([`${SECRET}\n`]) });

    expect(asked!.overrides).toEqual({ 'gateway.auth.password': SECRET });
  });

  it('is not waited for at a terminal', async () => {
    const stdin = Object.assign(new Readable({ read() {} }), { isTTY: true });

    expect(await start('--token-stdin', { stdin })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('standard input is a terminal'),
    });
  });

  // prettier-ignore
  it.each([
    ['',             'the token is empty'],
    ['\n',           'the token is empty'],
    ['one\ntwo\n',   'the token has more than one line'],
  ])('%j is none', async (content, sentence) => {
    expect(await start(`--token-file ${file(content)}`)).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
  });
});
