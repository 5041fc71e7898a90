import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a provider was asked. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** What it answers; `silence` is no answer at all. */
export type Reply = { readonly status: number; readonly body: unknown } | 'silence';

/** A model provider that answers by the credential it is shown. */
export class ModelStand {
  readonly asked: Asked[] = [];
  /** The most that it was asked at once. */
  mostAtOnce = 0;
  private now = 0;

  private constructor(
    private readonly server: Server,
    answer: (credential: string, asked: Asked) => Reply,
  ) {
    server.on('request', async (request, response) => {
      this.mostAtOnce = Math.max(this.mostAtOnce, (this.now += 1));
      const body = await text(request);
      const asked = { path: request.url!, headers: request.headers, body: body === '' ? {} : JSON.parse(body) };
      this.asked.push(asked);
      const { authorization = '', 'x-api-key': key = '' } = request.headers;
      const reply = answer(authorization.replace('Bearer ', '') || String(key), asked);
      await new Promise((resolve) => setImmediate(resolve));
      this.now -= 1;
      if (reply === 'silence') return;
      response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body));
    });
  }

  static async start(answer: (credential: string, asked: Asked) => Reply): Promise<ModelStand> {
    const server = createServer();
    const stand = new ModelStand(server, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return stand;
  }

  /** Its address, as `baseUrl` has it. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
