// What forwarding costs at least: a proxy of node:http that pipes both ways, with kept connections and nothing else.
import { Agent, createServer, request } from 'node:http';

const upstream = { host: '127.0.0.1', port: Number(process.env.BENCH_UPSTREAM), agent: new Agent({ keepAlive: true }) };

const server = createServer((asked, answer) => {
  const { method, url: path, headers } = asked;
  const asking = request({ ...upstream, method, path, headers }, (answered) => {
    answer.writeHead(answered.statusCode, answered.headers);
    answered.pipe(answer);
  });
  asking.on('error', () => answer.destroy());
  answer.on('close', () => asking.destroy());
  asked.pipe(asking);
});

server.listen(Number(process.env.BENCH_PORT), '127.0.0.1');
