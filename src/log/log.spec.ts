import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type GatewayLog, type LogOptions } from './log.js';

let directory: string;
let log: GatewayLog | undefined;

beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'doorward-log-'))));
afterEach(async () => {
  await log?.close();
  rmSync(directory, { recursive: true });
});

const file = (): string => join(directory, 'logs', 'gateway.log');

function open(options: Partial<LogOptions> = {}): GatewayLog {
  const clock = { now: () => Date.UTC(2026, 10, 21), after: () => () => {} };
  log = createLog({ level: 'info', file: file(), terminal: 'none', clock, ...options });
  return log;
}

const written = (path = file()): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log file', () => {
  it('holds one JSON object a line, with the fields by their names', async () => {
    open().warn('auth failed', {
      event: 'auth.failed',
      code: 'token_mismatch',
      clientIp: '192.0.2.1',
      durationMs: 1.5,
    });
    await log!.flush();

    expect(written()).toEqual([
      {
        level: 'warn',
        ts: '2026-11-21T00:00:00.000Z',
        event: 'auth.failed',
        code: 'token_mismatch',
        clientIp: '192.0.2.1',
        durationMs: 1.5,
        msg: 'auth failed',
      },
    ]);
  });

  it('is for its owner alone, even if it was not before', async () => {
    open();
    expect(statSync(join(directory, 'logs')).mode & 0o777).toBe(0o700);
    expect(statSync(file()).mode & 0o777).toBe(0o600);

    await log!.close();
    writeFileSync(file(), '', { mode: 0o644 });
    open();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it("keeps other people's words on one line, and valid JSON", async () => {
    const word = 'x\n{"level":"info","msg":"forged"}\u001b[2J\u009b\u2028\u202e';
    open().info(word, { principal: word });
    await log!.flush();

    expect(readFileSync(file(), 'utf8').slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(written()).toEqual([expect.objectContaining({ msg: word, principal: word })]);
  });

  it('leaves out what is below its level', async () => {
    open().debug('decided');
    log!.info('kept');
    await log!.flush();

    expect(written().map((line) => line['msg'])).toEqual(['kept']);
  });

  it('loses nothing in a burst, and rotates within its bounds', async () => {
    open({ rotation: { maxBytes: 20_000, keep: 3 } });
    for (let round = 0; round < 40; round += 1) {
      for (let i = 0; i < 10; i += 1) log!.info('line', { n: round * 10 + i, padding: 'x'.repeat(100) });
      await log!.flush();
    }

    const names = readdirSync(join(directory, 'logs')).sort();
    const numbers = names
      .toReversed()
      .flatMap((name) => written(join(directory, 'logs', name)).map((line) => line['n']));
    expect(names).toEqual(['gateway.log', 'gateway.log.1', 'gateway.log.2', 'gateway.log.3']);
    expect(numbers.at(-1)).toBe(399);
    expect(numbers).toEqual(Array.from(numbers, (_, i) => 400 - numbers.length + i));
    for (const name of names) expect(statSync(join(directory, 'logs', name)).size).toBeLessThan(25_000);
  });
});
