import { Unavailable } from '../../kernel/errors.js';
import { printable } from '../../kernel/printable.js';
import { isSafeEndpoint } from '../../kernel/safe-endpoint.js';
import type { DeviceFlow, OAuthClient } from '../oauth/oauth-client.js';
import { type OAuthProvider, knownProvider } from '../oauth/oauth-provider.js';
import { OAuthRefused } from '../oauth/oauth-refused.js';
import type { OAuthTokens } from '../oauth/oauth-tokens.js';
import type { LoginGround, LoginMethod } from './login-method.js';
import { oauthLogin } from './oauth-login.js';

const SLOWER_MS = 5_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 30 * 60_000;

/** Signing in on any other device, with a code to compare (RFC 8628): for machines without a browser. */
export const deviceCode: LoginMethod = {
  id: 'device-code',
  aliases: ['device', 'device_code'],
  label: 'signing in on another device with a code',
  asClient: true,

  offers(provider, providers) {
    const known = providers.get(provider);
    return known !== undefined && (known.issuer !== undefined || known.deviceAuthorizationEndpoint !== undefined);
  },

  async login(request, ground) {
    const provider = knownProvider(ground.providers, request.provider);
    const flow = await ground.oauth.beginDevice(provider);
    const page = flow.completePage ?? flow.page;
    if (!isSafeEndpoint(page)) throw new Unavailable('the provider names no page to open');
    const { terminal } = ground;
    terminal.say(`Open this page in any browser:\n\n  ${printable(page)}\n`);
    terminal.say(`and say yes there if it shows the code  ${printable(flow.userCode)}\n`);
    return oauthLogin(request, provider, await granted(provider, flow, ground), ground.clock.now());
  },
};

async function granted(provider: OAuthProvider, flow: DeviceFlow, ground: LoginGround): Promise<OAuthTokens> {
  let wait = Math.max(SHORTEST_MS, flow.intervalMs);
  const end = ground.clock.now() + Math.min(flow.expiresInMs, LONGEST_MS);
  while (ground.clock.now() < end) {
    await ground.terminal.pause(wait);
    const answer = await poll(ground.oauth, provider, flow);
    if (typeof answer !== 'string') return answer;
    if (answer === 'slow_down') wait += SLOWER_MS;
    // A provider that is away for a moment is asked less often (RFC 8628 section 3.5).
    if (answer === 'away') wait = Math.min(wait * 2, 60_000);
  }
  throw new OAuthRefused('expired_token');
}

async function poll(
  oauth: OAuthClient,
  provider: OAuthProvider,
  flow: DeviceFlow,
): Promise<OAuthTokens | 'authorization_pending' | 'slow_down' | 'away'> {
  try {
    return await oauth.pollDevice(provider, flow);
  } catch (error) {
    if (error instanceof Unavailable) return 'away';
    if (!(error instanceof OAuthRefused)) throw error;
    if (error.code === 'authorization_pending' || error.code === 'slow_down') return error.code;
    throw error;
  }
}
