import { SCOPES } from '../kernel/scopes.js';
import { record } from './answers.js';
import { CliError } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { type Login, LoginStore } from './logins.js';
import { askOAuth, loginIn, type OAuthAnswer, oauthFailure } from './oauth-call.js';
import { openBrowser } from './open-browser.js';
import { findGateway } from './target.js';
import { word } from './terminal.js';

interface Options {
  readonly url?: string;
  readonly device?: boolean;
  readonly scope?: string[];
  readonly json?: boolean;
}

/** What a gateway says while nothing is decided, or while it cannot look. */
const GOES_ON = new Set(['authorization_pending', 'temporarily_unavailable']);

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Signs this user in at a gateway by the device grant (RFC 8628): a page to open, a code to compare, and a person's yes. */
export const command: CommandFile<Options> = {
  examples: ['doorward login', 'doorward login --url https://gateway.example.com --device'],

  describe(command) {
    command
      .option('--url <url>', 'another gateway, such as https://gateway.example.com')
      .option('--device', 'only print the address and the code; open no browser here')
      .option('--scope <scope...>', `ask for no more than: ${SCOPES.join(', ')}`);
  },

  async run({ options, world }) {
    const { terminal } = world;
    const { url, stateDir } = await findGateway(options, world);
    const scope = [...(options.scope ?? []), 'offline_access'].join(' ');
    const begun = await askOAuth(url, '/oauth/device_authorization', { scope });
    if (begun.error !== undefined) throw oauthFailure(begun);

    show(begun, options, world);
    const granted = loginIn(await granting(url, begun, world), Date.now());
    const login = { ...granted, ...(await whose(url, granted)) };
    await new LoginStore(stateDir).change(url, () => Promise.resolve(login));
    const { user, scopes = [], expiresAt, refreshToken } = login;
    const staysSignedIn = refreshToken !== undefined;
    if (options.json) return terminal.json({ url, user, scopes, expiresAt, staysSignedIn });
    terminal.result(`Signed in at ${url} as ${word(user) || 'somebody without a name'}.`);
    terminal.say(`Scopes: ${scopes.map(word).join(', ')}. Sign out with: doorward logout`);
  },
};

/** The page and the code, for the person: on stderr, since they are no result. */
function show({ body }: OAuthAnswer, { device }: Options, { terminal, environment }: World): void {
  const page = word(body['verification_uri']);
  const code = word(body['user_code']);
  if (page === '' || code === '') throw new CliError('the gateway answered without a code');
  const complete = typeof body['verification_uri_complete'] === 'string' ? body['verification_uri_complete'] : page;
  const opened = !device && terminal.isScreen && openBrowser(complete, environment);
  terminal.say(`${opened ? 'A browser opens. If it does not, open this page' : 'Open this page'} in any browser:`);
  terminal.say(`\n  ${word(complete)}\n`);
  terminal.say(`and say yes there if it shows the code  ${terminal.paintTalk('bold', code)}\n`);
}

/** Polls until somebody has decided. Throws CliError when they said no, or said nothing in time. */
async function granting(url: string, { body }: OAuthAnswer, { terminal, pause }: World): Promise<OAuthAnswer> {
  const code = String(body['device_code']);
  const end = Date.now() + numberOf(body['expires_in'], 600) * 1000;
  let interval = numberOf(body['interval'], 5);
  const left = (): string => `${Math.max(1, Math.round((end - Date.now()) / 60_000))} min`;
  terminal.say(`Waiting for it (${left()} at most; Ctrl-C gives up) …`);
  for (let polls = 1; Date.now() < end; polls += 1) {
    await pause(interval * 1000);
    const answer = await askOAuth(url, '/oauth/token', { grant_type: DEVICE_CODE, device_code: code }).catch(overlook);
    if (answer?.error === 'slow_down') interval += 5;
    else if (answer && answer.error === undefined) return answer;
    else if (answer && !GOES_ON.has(answer.error!)) throw refusal(answer);
    if (polls % 12 === 0) terminal.say(`Still waiting (${left()} left) …`);
  }
  throw new CliError('nobody said yes in time', { code: 'expired_token', nextStep: 'Try again: doorward login' });
}

/** A gateway that is away for a moment is asked again (RFC 8628 section 3.5). */
function overlook(error: unknown): undefined {
  if (error instanceof CliError && error.code === 'unreachable') return undefined;
  throw error;
}

function refusal(answer: OAuthAnswer): CliError {
  if (answer.error === 'access_denied') return new CliError('the person said no', { code: 'access_denied' });
  return oauthFailure(answer, 'Try again: doorward login');
}

async function whose(url: string, { token }: Login): Promise<Pick<Login, 'user' | 'scopes'>> {
  const { user, scopes } = record(await new GatewayClient({ url, token, isLocal: false }).get('/api/v1/whoami'));
  return {
    ...(typeof user === 'string' && { user }),
    ...(Array.isArray(scopes) && { scopes: scopes.map(String) }),
  };
}

const numberOf = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && value > 0 ? value : otherwise;
