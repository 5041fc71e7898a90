import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a token endpoint answers: a status with a body or a Location, or nothing but a closed connection. */
export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'hangs up';

/** A token endpoint that answers what it is told to, in order, the last answer for ever. `asked` holds what it got. */
export class TokenStand {
  readonly asked: URLSearchParams[] = [];
  answers: Answer[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TokenStand> {
    const server = createServer();
    const stand = new TokenStand(server);
    server.on('request', async (request, response) => {
      stand.asked.push(new URLSearchParams(await text(request)));
      const answer = stand.answers.length > 1 ? stand.answers.shift()! : stand.answers[0]!;
      if (answer === 'hangs up') return request.socket.destroy();
      const { status, body = '', headers = {} } = answer;
      const isText = typeof body === 'string';
      response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers });
      return response.end(isText ? body : JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return stand;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/token`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Tokens as an endpoint gives them. */
export const tokens = (access: string, refresh?: string, more: object = {}): Answer => ({
  status: 200,
  body: { access_token: access, ...(refresh !== undefined && { refresh_token: refresh }), expires_in: 3600, ...more },
});

/** An unsigned JWT: nobody checks those that come from the token endpoint itself. */
export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.x`;
}

/** An access token of OpenAI for an account. */
export const codexToken = (account: string, more: object = {}): string =>
  jwt({ 'https://api.openai.com/auth': { chatgpt_account_id: account }, ...more });
