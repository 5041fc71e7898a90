// What a socket costs at least: the `ws` package, JSON, and one comparison of a token.
import { hash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const EXPECTED = hash('sha256', process.env.BENCH_TOKEN ?? '', 'buffer');

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on('connection', (socket) => {
  let known = false;
  socket.on('message', (data) => {
    const { id, method, params } = JSON.parse(data.toString());
    if (method === 'connect') known = timingSafeEqual(hash('sha256', params.auth.token, 'buffer'), EXPECTED);
    if (!known) return socket.close(1008, 'unauthorized');
    socket.send(JSON.stringify({ type: 'res', id, ok: true, payload: { ok: true, status: 'live' } }));
  });
});

server.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
