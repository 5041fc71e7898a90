import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Asked {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

type Answer = readonly [status: number, body: unknown];

/** Answers `METHOD /path` with what it was told, and remembers what it was asked. */
export class StandInGateway {
  readonly asked: Asked[] = [];
  private readonly server: Server;

  private constructor(private readonly answers: Readonly<Record<string, Answer>>) {
    this.server = createServer(async (request, response) => {
      const line = `${request.method} ${request.url}`;
      const body = request.headers['content-length'] ? await json(request) : undefined;
      this.asked.push({ line, headers: request.headers, body });
      const [status, content] = this.answers[line] ?? [404, { error: { message: 'not found', code: 'not_found' } }];
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  }

  static async start(answers: Readonly<Record<string, Answer>>): Promise<StandInGateway> {
    const gateway = new StandInGateway(answers);
    gateway.server.listen(0, '127.0.0.1');
    await once(gateway.server, 'listening');
    return gateway;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
