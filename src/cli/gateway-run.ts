import { type Command, Option } from 'commander';
import { banner, started } from './banner.js';
import type { BootOptions, RunningGateway } from './boot.js';
import { wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { addSecretOptions, readSecrets, type SecretOptions } from './secret-input.js';
import { startFailure } from './start-failure.js';
import { stopSignals } from './stop-signals.js';

export interface RunOptions extends SecretOptions {
  readonly port?: number;
  readonly bind?: string;
  readonly auth?: string;
  readonly tailscale?: string;
  readonly dev?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

// The same words as in the settings, which cost too much to be imported for a help text; a test compares them.
export const BIND_WORDS = ['loopback', 'lan', 'tailnet', 'auto', 'custom'];
export const AUTH_WORDS = ['none', 'token', 'password', 'trusted-proxy'];
export const TAILSCALE_WORDS = ['off', 'serve', 'funnel', 'enabled', 'require', 'disabled'];

/** Starts a gateway in the foreground and stays until it is told to stop. Flags hold for this process only. */
export const command: CommandFile<RunOptions> = {
  examples: [
    'doorward gateway run',
    'doorward gateway run --port 8080 --token-file /run/secrets/gateway-token --verbose',
    'doorward gateway run --bind lan --token-file token.txt --json',
  ],

  describe(command: Command) {
    command
      .option('--port <number>', 'the port, over gateway.port and DOORWARD_GATEWAY_PORT', parsePort)
      .addOption(new Option('--bind <where>', 'which addresses to listen on').choices(BIND_WORDS))
      .addOption(new Option('--auth <mode>', 'gateway.auth.mode').choices(AUTH_WORDS))
      .addOption(new Option('--tailscale <mode>', 'gateway.tailscale.mode').choices(TAILSCALE_WORDS))
      .option('--dev', 'start again whenever the code or the configuration changes')
      .option('--verbose', 'log each decision');
    addSecretOptions(command);
  },

  async run({ options, world }) {
    if (options.dev) {
      if (options.tokenStdin || options.passwordStdin) {
        throw wrongUsage(
          '--dev starts more than once, and standard input can be read only once',
          'Give the secret by file.',
        );
      }
      const { runAgainOnChange } = await import('./dev-reload.js');
      return runAgainOnChange(world);
    }
    const bootWith = await bootOptions(options, world);
    const signals = stopSignals();
    try {
      const gateway = await start(bootWith, world);
      announce(gateway, options, world);
      void signals.first.then((cause) => close(gateway, cause, world));
      await gateway.closed;
    } finally {
      signals.release();
    }
  },
};

async function bootOptions(options: RunOptions, world: World): Promise<BootOptions> {
  const secrets = await readSecrets(options, world);
  // What stands in the argument list is read by now: take it out of the process list too.
  if (options.token !== undefined || options.password !== undefined) process.title = 'doorward gateway run';
  const flags = {
    'gateway.port': options.port,
    'gateway.bind': options.bind,
    'gateway.auth.mode': options.auth,
    'gateway.auth.token': secrets.token,
    'gateway.auth.password': secrets.password,
    'gateway.tailscale.mode': options.tailscale,
  };
  return {
    overrides: Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)),
    verbose: options.verbose === true,
    terminal: options.json ? 'json' : 'pretty',
    colour: world.terminal.talkColour,
    environment: world.environment,
  };
}

async function start(options: BootOptions, world: World): Promise<RunningGateway> {
  try {
    return await world.boot(options);
  } catch (error) {
    throw startFailure(error);
  }
}

function announce(gateway: RunningGateway, { json }: RunOptions, { terminal, version }: World): void {
  if (json) terminal.result(JSON.stringify(started(gateway, version)));
  else terminal.writeOut(banner(gateway, version, terminal));
}

async function close(gateway: RunningGateway, cause: string, { terminal }: World): Promise<void> {
  terminal.say(`${cause}: finishing what is under way …`);
  // A failure is seen by whoever waits for `closed`.
  await gateway.close().catch(() => undefined);
}

/** Throws CliError for what is no port. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw wrongUsage(`--port is no port number: ${text}`, 'Give a number from 0 to 65535; 0 takes any free port.');
  return port;
}
