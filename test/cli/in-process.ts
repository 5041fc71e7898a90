import { Readable } from 'node:stream';
import type { World } from '../../src/cli/command.js';
import { run } from '../../src/cli/program.js';
import { type Output, Terminal } from '../../src/cli/terminal.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line in this process, against a world in which nothing is there unless it is given. What it says is told
 * to `listening` at once.
 */
export async function cli(
  line: string | readonly string[],
  { listening, ...world }: Partial<World> & { readonly listening?: Output } = {},
): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const environment = world.environment ?? { HOME: '/nonexistent' };
  const code = await run(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, {
    terminal: new Terminal(
      { write: (text) => (stdout += text) },
      { write: (text) => (listening?.write(text), (stderr += text)) },
      environment,
    ),
    stdin: untouchable(),
    environment,
    version: '0.0.0-test',
    boot: () => Promise.reject(new Error('no gateway in this test')),
    checkConfig: () => Promise.reject(new Error('no configuration in this test')),
    gatewayParts: () => Promise.reject(new Error('no settings in this test')),
    pause: () => Promise.reject(new Error('no waiting in this test')),
    program: 'doorward',
    ...world,
  });
  return { code, stdout, stderr };
}

/** A standard input that must not be asked for anything: whoever reads it fails instead of waiting. */
function untouchable(): Readable {
  return new Readable({ read: () => fail() });
}

function fail(): never {
  throw new Error('standard input was read');
}
