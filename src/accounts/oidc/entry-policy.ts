import type { EntryPolicy } from '../external/vouched.js';
import type { OidcProvider } from './oidc.settings.js';

/** Whom of a provider's people the configuration lets in. People have an e-mail address; by `sub` nobody knows them. */
export function policyOf(provider: OidcProvider): EntryPolicy {
  const { tenant, role, allowedDomains, allowedEmails, provision, trustEmail } = provider;
  const lists = { subjects: [], emails: allowedEmails, domains: allowedDomains };
  return { tenant, role, provision, trustEmail, nameless: false, ...lists };
}
