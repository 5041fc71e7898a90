// What signing in costs everybody else at least: node:http, and one password at a time on another thread.
import { createServer } from 'node:http';
import { hash, verify } from '@node-rs/argon2';

/** As the gateway hashes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };
const PASSWORD = 'Correct-Horse-9-Battery';
const KNOWN = await hash(PASSWORD, COST);
/** As long as the gateway's answer to whoami. */
const BODY = JSON.stringify({ padding: 'x'.repeat(250) });
const HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(BODY) };

let last = Promise.resolve();

const server = createServer((request, response) => {
  const answer = () => response.writeHead(200, HEADERS).end(BODY);
  if (request.url !== '/auth/login') return answer();
  request.resume();
  last = last.then(() => verify(KNOWN, PASSWORD)).then(answer);
});

server.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
