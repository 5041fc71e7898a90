/** What a code means to the person who reads the trace, and what to do next. */
export interface Advice {
  readonly means: string;
  readonly next: string;
}

type Row = readonly [means: string, next: string];

/** One row for every code with which a caller is refused. */
// prettier-ignore
const ADVICE: Readonly<Record<string, Row>> = {
  token_missing:                  ['no credential was shown',                                       'Send one: Authorization: Bearer <token>, or connect.params.auth.token.'],
  token_mismatch:                 ['the token is none that this gateway knows',                     'Compare it with gateway.auth.token (mind DOORWARD_GATEWAY_TOKEN), or issue one: doorward tokens create.'],
  token_expired:                  ['the gateway token has expired',                                 'Issue a new one: doorward tokens create.'],
  token_revoked:                  ['the gateway token was revoked',                                 'Issue a new one: doorward tokens create.'],
  user_suspended:                 ["the token's user or tenant is suspended",                       'Let an administrator lift the suspension.'],
  password_missing:               ['no password was shown',                                         'Send it as bearer, or as connect.params.auth.password.'],
  password_mismatch:              ['the password is wrong',                                         'Compare it with gateway.auth.password (mind DOORWARD_GATEWAY_PASSWORD).'],
  device_token_mismatch:          ['the device token is none that this gateway issued',             'Let the device sign in with its key, or pair it again.'],
  device_token_revoked:           ['the device, or its token, was revoked',                         'Pair the device again if it should come in.'],
  bootstrap_token_invalid:        ['the setup link was never ours, has ended, or was used already',   'Make a new one: doorward devices invite.'],
  trusted_proxy_untrusted_source: ['the connection came from an address outside trustedProxies',    "Add the proxy's address to gateway.trustedProxies if it is yours."],
  trusted_proxy_user_missing:     ['the proxy named no user',                                       'Let the proxy set the header of gateway.auth.trustedProxy.userHeader.'],
  trusted_proxy_missing_header:   ['a required header of the proxy is missing',                     'Let the proxy set all of gateway.auth.trustedProxy.requiredHeaders.'],
  trusted_proxy_user_not_allowed: ['the user is not in the allow list',                             'Add the user to gateway.auth.trustedProxy.allowUsers.'],
  tailscale_user_missing:         ['no Tailscale-User-Login header came',                           'Come through Tailscale Serve as a user (tagged machines have none).'],
  tailscale_proxy_missing:        ['the connection did not come through Tailscale Serve',           'Use the address that `tailscale serve status` shows.'],
  tailscale_whois_failed:         ['Tailscale could not say who the address is',                    'Check `tailscale status` on the gateway machine.'],
  tailscale_user_mismatch:        ['Tailscale knows the address under another login',               'Something between sets the header itself: remove it.'],
  device_identity_required:       ['the client showed no device identity',                          'Use a client with a device key, or a credential that needs none.'],
  device_id_mismatch:             ['the device id does not belong to its key',                      'Let the client make a new device identity.'],
  device_signature_expired:       ["the device's clock is off by more than two minutes",            'Set the clock of the device.'],
  device_nonce_missing:           ['the device did not sign the challenge of this connection',      'Use a client that answers connect.challenge.'],
  device_nonce_mismatch:          ['the device signed the challenge of another connection',         'Let the client sign the nonce of each connection anew.'],
  device_signature_invalid:       ['the signature is not that of the device',                       'Let the client sign what it sends, with the key of its id.'],
  scope_not_granted:              ['the device asks for more than it was approved for',             'Approve the new request (doorward devices list), or let it ask for less.'],
  pairing_required:               ['the device is not approved yet',                                'Approve it on the gateway.'],
  device_unknown:                 ['the device is none that was ever approved here',                'Approve its request: doorward devices list.'],
  missing_scope:                  ['the credential does not carry the scope',                       'Use a credential with that scope; see the role of its user.'],
  role_too_high:                  ['the role in question is above that of the caller',               'Let an owner of the tenant do it.'],
  email_unverified:               ['the e-mail address of the account is not confirmed yet',         'Follow the link in the mail, or ask for another one on the sign-in page.'],
  connect_required:               ['the first request on the socket was not connect',                'Send connect first; only then other methods.'],
  origin_not_allowed:             ['the page is not one of ours',                                   'Add its origin to gateway.controlUi.allowedOrigins if it is.'],
  registration_closed:            ['nobody may sign up here by themselves', 'Ask for an invitation, or set accounts.registration.'],
  identity_not_allowed:           ['the issuer vouches for somebody who may not come in', 'See subjects, emails, domains and provision of that issuer in accounts.issuers or accounts.oidc.'],
  identity_not_linked:            ['the e-mail address has an account that the identity does not belong to', 'Sign in to the account another way and link the identity there.'],
  identity_email_unverified:      ['the provider named no e-mail address that it has verified', 'Verify the address at the provider; mind the scope email.'],
  provider_declined:              ['the person or the provider declined', 'Begin again, and agree at the provider.'],
  provider_mismatch:              ['the answer of the provider failed a check, which the log names', 'Begin again; if it stays so, compare issuer, clientId and clientSecret of accounts.oidc.'],
  rate_limited:                   ['too many wrong credentials from this address',                  'Wait until the window ends; doorward auth explain shows what was wrong.'],
  too_many_requests:              ['too many pairing requests are waiting already',                 'Approve or reject some: doorward devices list.'],
  insufficient_quota:             ['a budget for models has no room for the call',                  'See doorward budgets list; raise it (doorward budgets set), or wait until its period ends.'],
  too_many_connections:           ['too many connections that have not signed in yet',              'Close some, or wait a few seconds.'],
  auth_unavailable:               ['a method could not decide, usually because the database is down', 'Look at /ready and doorward logs; then try again.'],
  unavailable:                    ['a part of the gateway is out of order',                         'Look at /ready and doorward logs; then try again.'],
};

/** The row of a code, or undefined for one that needs no advice. */
export function adviceFor(code: string): Advice | undefined {
  const row = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
  return row && { means: row[0], next: row[1] };
}
