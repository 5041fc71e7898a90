import { FLOW_LIFE_S } from '../accounts/oidc/oidc-sign-in-rows.js';
import { hostName, isLocalName } from '../kernel/net.js';

const NAME = 'doorward_oidc';

/** What binds a sign-in to this browser. Lax: the way back from the provider begins at another site. */
export function flowCookie(value: string, redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  // The machine itself, without TLS: there are browsers that keep no secure cookie then.
  const secure = protocol === 'https:' || !isLocalName(hostName(host));
  const attributes = `HttpOnly; SameSite=Lax; Path=/auth/oidc; Max-Age=${FLOW_LIFE_S}`;
  return `${NAME}=${value}; ${attributes}${secure ? '; Secure' : ''}`;
}

/** Its value in a Cookie header; undefined when it is not there, or there twice: then nobody knows whose it is. */
export function flowCookieIn(header: string | undefined): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${NAME}=`));
  return values.length === 1 ? values[0]!.slice(NAME.length + 1) : undefined;
}
