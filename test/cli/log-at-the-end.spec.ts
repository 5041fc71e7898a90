import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { built, CliHome, PROGRAM } from '../helpers/cli.js';

let home: CliHome;

beforeAll(built);
beforeEach(() => (home = new CliHome()));
afterEach(() => home.remove());

const LINES = 20_000;

/** Writes many lines in one go and then does as told; answers with the lines that arrived. */
function linesAfter(ending: string): { readonly numbers: (number | undefined)[]; readonly status: number | null } {
  const module = pathToFileURL(join(dirname(PROGRAM), 'log', 'log.js'));
  const file = join(home.path, 'logs', 'gateway.log');
  const script = `
    const { createLog } = await import('${module.href}');
    const log = createLog({ level: 'info', file: ${JSON.stringify(file)}, terminal: 'none' });
    for (let n = 0; n < ${LINES / 2}; n += 1) log.info('line', { n });
    setImmediate(() => setImmediate(() => {
      for (let n = ${LINES / 2}; n < ${LINES}; n += 1) log.info('line', { n });
      ${ending}
    }));`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  const written = readFileSync(file, 'utf8').trimEnd().split('\n');
  return { status, numbers: written.map((line) => (JSON.parse(line) as { n?: number }).n) };
}

describe('the log is complete, and each line stands there once', () => {
  // prettier-ignore
  it.each([
    ['an end in peace',            '',                                      0],
    ['process.exit',               'process.exit(3);',                      3],
    ['an uncaught error',          'throw new Error("crash");',             1],
    ['an unhandled rejection',     'Promise.reject(new Error("crash"));',   1],
  ])('after %s', (_, ending, status) => {
    expect(linesAfter(ending)).toEqual({ status, numbers: Array.from({ length: LINES }, (_line, n) => n) });
  });
});
