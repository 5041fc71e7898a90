/** What a setup code tells a device: where the gateway is, and a value that lets it in once. */
export interface SetupCode {
  /** `ws://` or `wss://`, as clients of the family expect it. */
  readonly url: string;
  readonly bootstrapToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** The code of the family: base64url of its JSON. `address` is the gateway's http or https address. */
export function setupCode(address: string, bootstrapToken: string, expiresAt: Date): string {
  const url = bare(address).replace(/^http/, 'ws');
  const code: SetupCode = { url, bootstrapToken, expiresAtMs: expiresAt.getTime() };
  return Buffer.from(JSON.stringify(code)).toString('base64url');
}

/** The same as a link. What is secret stands behind the `#`, which no browser sends and no server logs (S191). */
export function setupLink(address: string, code: string): string {
  return `${bare(address)}/#setup=${code}`;
}

const bare = (address: string): string => address.replace(/\/+$/, '');
