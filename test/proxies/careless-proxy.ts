import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type RequestOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type ProxyKind, SESSIONS } from '../helpers/reverse-proxy.js';

const NAMES: Readonly<Record<string, string | undefined>> = SESSIONS;

/**
 * A small proxy with the mistake that several real ones had: it takes away what the client's `Connection` header lists
 * after it has put its own headers on (S034). Needs no program, so the attacks are tried on every machine.
 */
export const careless: ProxyKind = {
  name: 'a careless proxy',
  userHeader: 'X-Forwarded-User',
  async start(upstream) {
    const server = createServer((incoming, answer) => {
      const onward = request(forwarded(incoming, upstream), (reply) => {
        answer.writeHead(reply.statusCode!, reply.headers);
        reply.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => onward.destroy());
      incoming.pipe(onward);
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    });
    server.on('upgrade', (incoming: IncomingMessage, near: Socket) => upgrade(incoming, near, upstream));
    server.listen(0);
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      close: async () => {
        for (const socket of sockets) socket.destroy();
        server.close();
        await once(server, 'close');
      },
    };
  },
};

function forwarded(incoming: IncomingMessage, port: number): RequestOptions {
  const headers = { ...incoming.headers };
  const session = /\bsession=(\w+)/.exec(headers.cookie ?? '')?.[1] ?? '';
  const client = incoming.socket.remoteAddress!.replace('::ffff:', '');
  headers['x-forwarded-for'] = [headers['x-forwarded-for'], client].flat().filter(Boolean).join(', ');
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-user'] = NAMES[session] ?? '';
  for (const name of (headers.connection ?? '').split(',')) {
    const listed = name.trim().toLowerCase();
    if (listed !== 'upgrade') delete headers[listed];
  }
  return { host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers, agent: false };
}

function upgrade(incoming: IncomingMessage, near: Socket, port: number): void {
  const options = forwarded(incoming, port);
  const onward = request({ ...options, headers: { ...options.headers, connection: 'Upgrade', upgrade: 'websocket' } });
  onward.on('upgrade', (reply, far, head) => {
    near.write(`HTTP/1.1 101 Switching Protocols\r\n${lines(reply)}\r\n`);
    near.write(head);
    near.pipe(far).pipe(near);
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  onward.on('response', (reply) => {
    near.write(`HTTP/1.1 ${reply.statusCode} ${reply.statusMessage}\r\n${lines(reply)}\r\n`);
    reply.pipe(near);
  });
  onward.on('error', () => near.destroy());
  onward.end();
}

const lines = ({ rawHeaders }: IncomingMessage): string =>
  rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
