import { type Command, Option } from 'commander';
import { wrongUsage } from '../cli-error.js';
import { addYesOption } from '../ending.js';
import { BIND_WORDS, parsePort, TAILSCALE_WORDS } from '../gateway-run.js';

export const MODES = ['keep', 'modify', 'reset'] as const;
export const HOUSE_KEYS = ['token', 'password'] as const;
export const SECRET_MODES = ['plaintext', 'ref'] as const;

/** A flag for each answer; what was not given is asked, or has its default where nobody can be asked. */
export interface OnboardOptions {
  readonly nonInteractive?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly mode?: (typeof MODES)[number];
  readonly port?: number;
  readonly bind?: string;
  readonly customBindHost?: string;
  readonly auth?: (typeof HOUSE_KEYS)[number];
  readonly gatewayTokenFile?: string;
  readonly gatewayTokenRefEnv?: string;
  readonly passwordFile?: string;
  readonly tailscale?: string;
  readonly authChoice?: string;
  readonly secretInputMode?: (typeof SECRET_MODES)[number];
  readonly modelKeyFile?: string;
  readonly modelKeyRefEnv?: string;
  readonly model?: string;
}

/** Named as the family names them (reference F.9). No secret is taken as an argument: only where it is to be had. */
export function addOnboardOptions(command: Command): void {
  command
    .option('--non-interactive', 'ask nothing: what no flag says has its default')
    .addOption(new Option('--mode <mode>', 'what becomes of a config file that is there').choices(MODES))
    .option('--port <number>', 'gateway.port', parsePort)
    .addOption(new Option('--bind <where>', 'gateway.bind: which addresses to listen on').choices(BIND_WORDS))
    .option('--custom-bind-host <address>', 'gateway.customBindHost: the IPv4 address of --bind custom')
    .addOption(new Option('--auth <mode>', 'what others must show: a token, or a password').choices(HOUSE_KEYS))
    .option('--gateway-token-file <path>', 'read the token from a file, or from standard input (-)')
    .option('--gateway-token-ref-env <name>', 'the token stays in this environment variable')
    .option('--password-file <path>', 'read the password from a file, or from standard input (-)')
    .addOption(new Option('--tailscale <mode>', 'gateway.tailscale.mode').choices(TAILSCALE_WORDS))
    .option('--auth-choice <provider>', 'a model provider to store a key for, or skip')
    .addOption(new Option('--secret-input-mode <mode>', 'ref: write no secret anywhere').choices(SECRET_MODES))
    .option('--model-key-file <path>', 'read the key of the model provider from a file, or from standard input (-)')
    .option('--model-key-ref-env <name>', 'the key stays in this environment variable')
    .option('--model <provider/model>', 'the model that agents ask first');
  addYesOption(command);
}

/** Throws CliError for flags that contradict each other. */
export function checkOptions(options: OnboardOptions): void {
  for (const [one, other] of EXCLUSIVE) {
    if (valueOf(options, one) !== undefined && valueOf(options, other) !== undefined) {
      throw wrongUsage(`${one} and ${other} were both given; use one of them`);
    }
  }
  const { auth, secretInputMode } = options;
  if (auth === 'password') refuse(options, [...TOKEN_FLAGS], '--auth password takes --password-file, and not');
  if (auth === 'token') refuse(options, ['--password-file'], '--auth token takes no');
  if (secretInputMode === 'ref')
    refuse(options, FILE_FLAGS, '--secret-input-mode ref writes no secret, so it takes no');
  if (secretInputMode === 'plaintext') refuse(options, REF_FLAGS, '--secret-input-mode plaintext takes no');

  if (FILE_FLAGS.filter((flag) => valueOf(options, flag) === '-').length > 1) {
    throw wrongUsage('standard input (-) can hold one secret only', 'Give the other one by file.');
  }
}

/** What was given for a flag, by its name on the command line. */
function valueOf(options: OnboardOptions, flag: string): unknown {
  const name = flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return options[name as keyof OnboardOptions];
}

function refuse(options: OnboardOptions, flags: readonly string[], why: string): void {
  const flag = flags.find((one) => valueOf(options, one) !== undefined);
  if (flag !== undefined) throw wrongUsage(`${why} ${flag}`, 'Leave one of the two out.');
}

const TOKEN_FLAGS = ['--gateway-token-file', '--gateway-token-ref-env'] as const;
const FILE_FLAGS = ['--gateway-token-file', '--password-file', '--model-key-file'];
const REF_FLAGS = ['--gateway-token-ref-env', '--model-key-ref-env'];
const EXCLUSIVE = [
  TOKEN_FLAGS,
  ['--password-file', '--gateway-token-file'],
  ['--password-file', '--gateway-token-ref-env'],
  ['--model-key-file', '--model-key-ref-env'],
] as const;
