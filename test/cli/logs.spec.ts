import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { built, CliHome } from '../helpers/cli.js';

let home: CliHome;
let file: string;

beforeAll(built);
beforeEach(() => {
  home = new CliHome();
  file = join(home.stateDir, 'logs', 'gateway.log');
  mkdirSync(join(home.stateDir, 'logs'), { recursive: true });
});
afterEach(() => home.remove());

const line = (msg: string): string => `${JSON.stringify({ level: 'info', ts: '2026-11-21T10:00:00.000Z', msg })}\n`;
const messages = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((text) => (JSON.parse(text) as { msg: string }).msg);

describe('doorward logs', () => {
  it('shows the last lines, rotated files first', async () => {
    writeFileSync(`${file}.2`, line('a') + line('b'));
    writeFileSync(`${file}.1`, line('c'));
    writeFileSync(file, line('d') + line('e'));

    expect(messages((await home.run(['logs', '--json', '--lines', '4'])).stdout)).toEqual(['b', 'c', 'd', 'e']);
  });

  it('is for people unless JSON is asked for, and uncoloured in a pipe', async () => {
    writeFileSync(file, `${line('auth failed')}cut by a crash\n`);
    const { code, stdout } = await home.run(['logs']);

    expect(code).toBe(0);
    expect(stdout).toContain('2026-11-21T10:00:00.000Z info  auth failed\n');
    expect(stdout).toContain('cut by a crash\n');
    expect((await home.run(['logs'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
  });

  it('--grep keeps what matches, and counts only that', async () => {
    writeFileSync(`${file}.1`, line('auth failed 1'));
    writeFileSync(file, line('auth failed 2') + line('other') + line('Auth failed 3'));

    expect(messages((await home.run(['logs', '--json', '--grep', 'auth failed', '-n', '2'])).stdout)).toEqual([
      'auth failed 2',
      'Auth failed 3',
    ]);
  });

  it('--follow goes on through rotation, and with lines that come in pieces', async () => {
    writeFileSync(file, line('before'));
    const follow = home.start(['logs', '--follow', '--json']);
    await follow.until(/before/);

    appendFileSync(file, line('first'));
    await follow.until(/first/);
    const piece = line('in two pieces');
    appendFileSync(file, piece.slice(0, 20));
    appendFileSync(file, piece.slice(20) + line('last of the old'));
    renameSync(file, `${file}.1`);
    writeFileSync(file, line('new file'));
    await follow.until(/new file/);
    appendFileSync(file, line('and on'));
    await follow.until(/and on/);

    expect(messages(follow.stdout)).toEqual([
      'before',
      'first',
      'in two pieces',
      'last of the old',
      'new file',
      'and on',
    ]);
  });

  it('--follow waits for a gateway that has not started yet', async () => {
    const follow = home.start(['logs', '--follow'], { env: { DOORWARD_STATE_DIR: join(home.path, 'state') } });
    await follow.until(/waiting for/, 'stderr');
    mkdirSync(join(home.path, 'state', 'logs'), { recursive: true });
    appendFileSync(join(home.path, 'state', 'logs', 'gateway.log'), line('hello'));
    await follow.until(/hello/);

    expect(follow.stdout).toBe('2026-11-21T10:00:00.000Z info  hello\n');
  });

  it('says what to do when there is none', async () => {
    const { code, stdout, stderr } = await home.run(['logs']);

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Start a gateway with: doorward gateway run');
  });
});
