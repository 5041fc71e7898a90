/** How a client shows its secret to the token endpoint of a provider (RFC 6749 section 2.3.1, OpenID Connect Core 1.0 section 9). */
export const CLIENT_AUTHENTICATIONS = ['basic', 'post', 'none'] as const;
export type ClientAuthentication = (typeof CLIENT_AUTHENTICATIONS)[number];
