// What a request costs at least: node:http and nothing else. `/` looks at nothing, `/guarded` checks one bearer token.
import { hash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

/** As long as the gateway's answer to whoami. */
const BODY = JSON.stringify({ padding: 'x'.repeat(250) });
const HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(BODY) };
const EXPECTED = hash('sha256', process.env.BENCH_TOKEN ?? '', 'buffer');

const server = createServer((request, response) => {
  if (request.url === '/guarded' && !isKnown(request.headers.authorization ?? '')) {
    response.writeHead(401).end();
    return;
  }
  response.writeHead(200, HEADERS).end(BODY);
});

/** @param {string} authorization */
function isKnown(authorization) {
  return timingSafeEqual(hash('sha256', authorization.slice('Bearer '.length), 'buffer'), EXPECTED);
}

server.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
