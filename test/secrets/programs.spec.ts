import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { TokenSettings } from '../../src/auth/strategies/token.strategy.js';
import { given } from '../helpers/given.js';
import { until } from '../helpers/until.js';
import { CANARY, tokenFrom, Vault } from './vault.js';

const isRoot = process.getuid?.() === 0;

let vault: Vault;
beforeEach(() => {
  vault = new Vault();
});
afterEach(() => vault.remove());

/** The token comes from a program; `more` are further fields of its provider. */
function asks(command: string, more: object = {}, id = 'house/key'): void {
  vault.config(
    tokenFrom({ source: 'exec', provider: 'p', id }, { providers: { p: { source: 'exec', command, ...more } } }),
  );
}

async function token(variables: Record<string, string> = {}): Promise<string | undefined> {
  return (await vault.load(variables)).snapshot.get(TokenSettings).token;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('what a program is given', () => {
  it('is the question alone: all ids at once, the variables that are named, its own directory, no shell', async () => {
    const command = vault.program(
      'bin/keeper',
      `ask((question) => {
        fs.writeFileSync(__dirname + '/seen', JSON.stringify({ question, env: process.env, cwd: process.cwd(), args: process.argv.slice(2) }));
        say({ protocolVersion: 1, values: { 'house/key': '${CANARY}' } });
      });`,
    );
    asks(command, {
      args: ['$(touch x)', '; touch y', '`z`', '*'],
      passEnv: ['ADDRESS', 'ABSENT'],
      env: { LITERAL: '$HOME' },
    });

    expect(await token({ ADDRESS: 'here', PATH: '/bin', OPENAI_API_KEY: 'no' })).toBe(CANARY);
    expect(JSON.parse(readFileSync(vault.path('bin/seen'), 'utf8'))).toEqual({
      question: { protocolVersion: 1, provider: 'p', ids: ['house/key'] },
      env: { ADDRESS: 'here', LITERAL: '$HOME' },
      cwd: vault.path('bin'),
      args: ['$(touch x)', '; touch y', '`z`', '*'],
    });
  });

  it('never has a secret in its arguments, nor has the gateway', async () => {
    const command = vault.program(
      'keeper',
      `fs.writeFileSync(__dirname + '/lines', fs.readFileSync('/proc/self/cmdline') + '' + fs.readFileSync('/proc/' + process.ppid + '/cmdline'));
       process.stdout.write('${CANARY}');`,
    );
    asks(command);
    await token();
    expect(readFileSync(vault.path('lines'), 'utf8')).not.toContain('canary');
  });
});

describe('what a program may answer', () => {
  // prettier-ignore
  it.each([
    ['bare',                         undefined, `process.stdout.write('${CANARY}\\n')`],
    ['bare, as jsonOnly false',      false,     `process.stdout.write('  ${CANARY}\\n\\n')`],
    ['as a JSON string',             undefined, `say(JSON.stringify('${CANARY}'))`],
    ['by the protocol',              undefined, `say({ protocolVersion: 1, values: { 'house/key': '${CANARY}' } })`],
    ['by the protocol alone',        true,      `say({ protocolVersion: 1, values: { 'house/key': '${CANARY}', more: 1 }, errors: {} })`],
    ['before it has read anything',  undefined, `process.stdin.destroy(); process.stdout.write('${CANARY}')`],
    ['in pieces',                    undefined, `process.stdout.write('${CANARY.slice(0, 9)}'); setTimeout(() => process.stdout.write('${CANARY.slice(9)}'), 50)`],
  ])('%s', async (_, jsonOnly, body) => {
    asks(vault.program('p', body), jsonOnly === undefined ? {} : { jsonOnly });
    expect(await token()).toBe(CANARY);
  });

  // prettier-ignore
  it.each([
    ['nothing',                    {},                  ``,                                                                'printed nothing'],
    ['a bare value, jsonOnly',     { jsonOnly: true },  `say('${CANARY}')`,                                                'did not print JSON of the protocol'],
    ['an object without version',  {},                  `say({ values: { 'house/key': '${CANARY}' } })`,                   'printed JSON without "protocolVersion"'],
    ['a list',                     {},                  `say(['${CANARY}'])`,                                              'printed JSON without "protocolVersion"'],
    ['another version',            {},                  `say({ protocolVersion: 2, values: { 'house/key': '${CANARY}' } })`, 'speaks another version of the protocol than 1'],
    ['no values',                  {},                  `say({ protocolVersion: 1 })`,                                     'printed an answer without "values"'],
    ['another id',                 {},                  `say({ protocolVersion: 1, values: { other: '${CANARY}' } })`,      'does not know this id'],
    ['a number',                   {},                  `say({ protocolVersion: 1, values: { 'house/key': 5 } })`,         'answered this id with no text'],
    ['empty text',                 {},                  `say({ protocolVersion: 1, values: { 'house/key': ' ' } })`,       'answered this id with empty text'],
    ['an inherited id',            {},                  `process.stdout.write('{"protocolVersion":1,"values":{}}')`,       'does not know this id'],
    ['an error',                   {},                  `say({ protocolVersion: 1, values: {}, errors: { 'house/key': { message: 'permission denied for ${CANARY}' } } })`, 'has an error for this id: permission denied for …'],
    ['a status',                   {},                  `process.stderr.write('${CANARY}'); say('${CANARY}'); process.exitCode = 3`, 'ended with status 3'],
    ['a signal',                   {},                  `process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000)`, 'was ended by SIGTERM'],
  ])('%s is no answer, and nothing of it is repeated', async (_, more, body, sentence) => {
    asks(vault.program('p', body), more);
    const lines = await vault.refusal();
    expect(lines).toEqual([expect.stringContaining(sentence)]);
    expect(lines[0]).toMatch(/^gateway\.auth\.token: cannot be had from exec provider "p", id "house\/key": .+; .+/);
    expect(lines[0]).not.toContain('canary');
  });

  it('a bare value for two ids is no answer', async () => {
    const provider = { source: 'exec', command: vault.program('p', `say('${CANARY}')`) };
    const reference = (id: string): object => ({ source: 'exec', provider: 'p', id });
    vault.config({ ...tokenFrom(reference('one'), { providers: { p: provider } }), redis: { url: reference('two') } });
    expect(await vault.refusal()).toEqual([
      expect.stringMatching(
        /printed a bare value, and 2 ids were asked for.*The same keeps from redis\.url \(id "two"\)/,
      ),
    ]);
  });
});

describe('S158: a program that misbehaves is ended, with all that it started', () => {
  const pidOf = async (name: string): Promise<number> => {
    await until(
      `the pid of ${name}`,
      () => existsSync(vault.path(name)) && readFileSync(vault.path(name), 'utf8') !== '',
    );
    return Number(readFileSync(vault.path(name), 'utf8'));
  };
  const gone = (pid: number): Promise<void> => until(`the end of ${pid}`, () => !isAlive(pid));
  const NOTE = `fs.writeFileSync(__dirname + '/pid', String(process.pid));`;

  // prettier-ignore
  it.each([
    ['hangs',                           { timeoutMs: 700 },                            `setInterval(() => {}, 1000)`,                                                'did not end within 700 ms'],
    ['says nothing for too long',       { timeoutMs: 20_000, noOutputTimeoutMs: 700 }, `say('x'); setInterval(() => {}, 1000)`,                                      'said nothing for 700 ms'],
    ['talks without end',               { timeoutMs: 1500, noOutputTimeoutMs: 1000 },  `setInterval(() => process.stdout.write('.'), 50)`,                           'did not end within 1500 ms'],
    ['floods its output',               { maxOutputBytes: 100_000 },                   `const f = () => { while (process.stdout.write('x'.repeat(65536))); }; process.stdout.on('drain', f); f()`, 'printed more than 100000 bytes'],
    ['floods its errors',               { maxOutputBytes: 100_000 },                   `const f = () => { while (process.stderr.write('x'.repeat(65536))); }; process.stderr.on('drain', f); f()`, 'printed more than 100000 bytes'],
    ['does not die of its own accord',  { timeoutMs: 700 },                            `process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {}); setInterval(() => {}, 1000)`, 'did not end within 700 ms'],
  ])('one that %s', async (_, limits, body, sentence) => {
    asks(vault.program('p', NOTE + body), limits);
    expect(await vault.refusal()).toEqual([expect.stringContaining(sentence)]);
    await gone(await pidOf('pid'));
  });

  it('a child that outlives it and holds its pipe is ended, and the answer counts', async () => {
    const body = `const child = require('node:child_process').spawn('/bin/sleep', ['600'], { stdio: 'inherit' });
      fs.writeFileSync(__dirname + '/child', String(child.pid));
      process.stdout.write('${CANARY}', () => process.exit(0));`;
    asks(vault.program('p', body), { timeoutMs: 30_000 });
    const begun = Date.now();

    expect(await token()).toBe(CANARY);
    expect(Date.now() - begun).toBeLessThan(15_000);
    await gone(await pidOf('child'));
  });

  it('one that has left the group does not keep the gateway waiting', async () => {
    const body = `const child = require('node:child_process').spawn('/bin/sleep', ['30'], { stdio: 'inherit', detached: true });
      fs.writeFileSync(__dirname + '/child', String(child.pid));
      process.stdout.write('${CANARY}', () => process.exit(0));`;
    asks(vault.program('p', body), { timeoutMs: 25_000 });
    const begun = Date.now();

    expect(await token()).toBe(CANARY);
    expect(Date.now() - begun).toBeLessThan(15_000);
    process.kill(await pidOf('child'), 'SIGKILL');
  });
});

describe('S156: a program that others could exchange is not run', () => {
  const HONEST = `fs.writeFileSync('${'$RAN'}', ''); process.stdout.write('${CANARY}')`;
  const honest = (name: string): string => vault.program(name, HONEST.replace('$RAN', vault.path('ran')));

  /** Why it is refused; whatever the reason, it has not run. */
  async function refusal(): Promise<string> {
    const lines = await vault.refusal();
    expect(existsSync(vault.path('ran'))).toBe(false);
    return lines.join('\n');
  }

  it.each([
    'vault',
    './vault',
    'bin/vault',
    '/usr/bin/env vault; id',
    '/bin/sh -c "x"',
    '/bin/$(id)',
    '/bin/v`id`',
    "/bin/'v'",
  ])('a command like %j is no setting', async (command) => {
    asks(command);
    expect(await vault.refusal()).toEqual([
      expect.stringContaining('secrets.providers.p.command: must be the absolute path of a program'),
    ]);
  });

  it('a link is refused, and followed where that is allowed, into a trusted directory alone', async () => {
    honest('real/p');
    mkdirSync(vault.path('elsewhere'), 0o700);
    symlinkSync('../real/p', vault.path('elsewhere/p'));
    const command = vault.path('elsewhere/p');

    asks(command);
    expect(await refusal()).toContain('is a symbolic link; name the program itself, or set allowSymlinkCommand');
    asks(command, { allowSymlinkCommand: true, trustedDirs: [vault.path('elsewhere')] });
    expect(await refusal()).toContain('is really');
    asks(command, { allowSymlinkCommand: true, trustedDirs: [vault.path('rea')] });
    expect(await refusal()).toContain('stands in none of the trustedDirs');
    asks(command, { allowSymlinkCommand: true, trustedDirs: [vault.path('nowhere'), vault.path('real')] });
    expect(await token()).toBe(CANARY);
  });

  it('a program outside the trusted directories is refused', async () => {
    asks(honest('p'), { trustedDirs: ['/usr/bin'] });
    expect(await refusal()).toContain('stands in none of the trustedDirs');
  });

  it.each([0o720, 0o702, 0o777])('a program that others may write (%o) is refused', async (mode) => {
    const command = honest('p');
    chmodSync(command, mode);
    asks(command);
    expect(await refusal()).toContain('can be changed by others; run: chmod go-w');
    asks(command, { allowInsecurePath: true });
    expect(await token()).toBe(CANARY);
  });

  it('a directory above it in which anybody may write is refused; with the sticky bit it is not', async () => {
    const command = honest('open/deep/p');
    asks(command);
    chmodSync(vault.path('open'), 0o777);
    expect(await refusal()).toContain('anybody could put another program');
    chmodSync(vault.path('open'), 0o1777);
    expect(await token()).toBe(CANARY);
  });

  given(isRoot, 'as root', () => {
    it('a program, or a directory above it, of another user is refused', async () => {
      const command = honest('theirs/p');
      asks(command);
      chownSync(command, 12_345, 12_345);
      expect(await refusal()).toContain('belongs to another user');
      chownSync(command, 0, 0);
      chownSync(vault.path('theirs'), 12_345, 12_345);
      expect(await refusal()).toContain('belongs to another user');
    });
  });

  // prettier-ignore
  it.each([
    ['nothing',       () => vault.path('none'),                          'cannot be run: it does not exist'],
    ['a directory',   () => vault.home,                                  'is no ordinary file'],
    ['no program',    () => vault.file('text', 'x', 0o600),              'cannot be run'],
  ])('%s is refused', async (_, make, sentence) => {
    asks(make());
    expect(await vault.refusal()).toEqual([expect.stringContaining(sentence)]);
  });
});
