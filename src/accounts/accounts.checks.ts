import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { AccountsSettings, SessionSettings } from './accounts.settings.js';
import { ExternalSettings } from './external/external.settings.js';
import { OidcSettings } from './oidc/oidc.settings.js';

/** Who becomes a user, and how long they stay one. */
export function accountChecks({ loaded: { snapshot: config } }: Audited): SecurityFinding[] {
  const { registration, emailVerification } = config.get(AccountsSettings);
  const { idleDays, lifeDays } = config.get(SessionSettings);
  const open = registration === 'open';
  const { issuers } = config.get(ExternalSettings);
  const providers = Object.entries(config.get(OidcSettings).oidc);
  const anybody = [
    ...issuers.flatMap(({ provision, subjects, emails, domains }, i) =>
      provision && subjects.length + emails.length + domains.length === 0 ? [`accounts.issuers.${i}`] : [],
    ),
    ...providers.flatMap(([name, { provision, allowedDomains, allowedEmails }]) =>
      provision && allowedDomains.length + allowedEmails.length === 0 ? [`accounts.oidc.${name}`] : [],
    ),
  ];
  const trusting = [
    ...issuers.flatMap(({ trustEmail }, i) => (trustEmail ? [`accounts.issuers.${i}`] : [])),
    ...providers.flatMap(([name, { trustEmail }]) => (trustEmail ? [`accounts.oidc.${name}`] : [])),
  ];
  return when(
    [
      open,
      {
        code: 'registration_open',
        severity: 'warn',
        title: 'Everybody who reaches the gateway can make an account',
        evidence: 'accounts.registration is "open"',
        remedy: 'set accounts.registration to "first-user" (then by invitation) or "closed"',
      },
    ],
    [
      open && emailVerification === 'optional',
      {
        code: 'email_not_verified',
        severity: 'warn',
        title: 'Accounts are made for addresses that nobody has shown to be theirs, and signing up tells which exist',
        evidence: 'accounts.emailVerification is "optional"',
        remedy: 'set accounts.emailVerification to "required"',
      },
    ],
    [
      anybody.length > 0,
      {
        code: 'everybody_of_issuer',
        severity: 'warn',
        title: "Everybody of somebody else's directory becomes a user here",
        evidence: `${anybody.join(', ')}: provision is on, and nobody is named`,
        remedy: 'name domains, addresses or subjects there',
      },
    ],
    [
      trusting.length > 0,
      {
        code: 'issuer_trusted_with_email',
        severity: 'info',
        title: "Somebody else's word decides whose account an e-mail address opens",
        evidence: `${trusting.join(', ')}: trustEmail is on`,
        remedy: 'leave it on only for a directory that verifies addresses and never gives one to another person',
      },
    ],
    [
      idleDays > 90 || lifeDays > 366,
      {
        code: 'sessions_long',
        severity: 'info',
        title: 'People stay signed in for very long',
        evidence: `accounts.sessions: ${idleDays} days unused, ${lifeDays} days in all`,
        remedy: 'remove accounts.sessions for the defaults: 30 and 90 days',
      },
    ],
  );
}
