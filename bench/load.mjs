// The load generator. It speaks HTTP and WebSocket through plain sockets with prepared bytes: a client that costs less
// than the server, so that it is the server which is measured. One job at a time, by message from the parent process.
import { connect } from 'node:net';
import { deviceOf, signedConnect } from './devices.mjs';
import { frameOf, FrameReader, UPGRADE } from './frames.mjs';

/** @type {import('node:net').Socket[]} */
let held = [];

const JOBS = { http, connects, calls, hold, streams, holdStreams, release };

process.on('message', (job) => {
  JOBS[job.kind](job).then(
    (outcome) => process.send(outcome),
    (error) => process.send({ failed: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());

/**
 * Requests on keep-alive connections, one under way on each: as fast as they are answered, or `pace` a second in all.
 *
 * @param {{ port: number, from?: string, connections: number, seconds: number, pace?: number, awake?: boolean, heads: string[], status: number }} job
 */
async function http({ port, from, connections, seconds, pace, awake, heads, status }) {
  // A head that goes on after an empty line brings its body along.
  const requests = heads.map((head) => Buffer.from(head.includes('\r\n\r\n') ? head : `${head}\r\n\r\n`, 'latin1'));
  const expected = Buffer.from(String(status));
  const tally = new Tally(seconds);
  let turn = 0;

  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await open(port, from);
      const client = { socket, sentAt: 0, busy: false, length: 0, pending: undefined, send };
      /** @param {number} [due] when it should have been sent: a late start counts as waiting, too */
      function send(due) {
        client.busy = true;
        client.sentAt = due ?? performance.now();
        socket.write(requests[(turn = (turn + 1) % requests.length)]);
      }
      socket.on('data', (chunk) => {
        const answer = client.pending ? Buffer.concat([client.pending, chunk]) : chunk;
        if (answer.length !== client.length && !isWhole(answer)) return void (client.pending = answer);
        client.pending = undefined;
        client.length = answer.length;
        client.busy = false;
        tally.add(client.sentAt, expected.compare(answer, 9, 12) === 0, answer);
        if (pace === undefined && !tally.over) send();
      });
      return client;
    }),
  );

  tally.begin(awake);
  if (pace === undefined) for (const { send } of clients) send();
  else await paced(clients, pace, tally);
  await tally.end();
  for (const { socket } of clients) socket.destroy();
  return tally.outcome();
}

/** Sends by the clock, not by the answers: a server that hesitates does not slow its callers down. */
async function paced(clients, pace, tally) {
  const every = 1000 / pace;
  let due = performance.now();
  while (!tally.over) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (const now = performance.now(); due <= now;) {
      const free = clients.find(({ busy }) => !busy);
      if (!free) break;
      free.send(due);
      due += every;
    }
  }
}

/** @param {Buffer} answer */
function isWhole(answer) {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /^content-length: (\d+)$/im.exec(answer.toString('latin1', 0, end))?.[1] ?? '0';
  return answer.length >= end + 4 + Number(length);
}

/**
 * Sockets that are opened, show a token, are told that it is good, and leave; `parallel` at a time.
 *
 * @param {{ port: number, parallel: number, seconds: number, hello: string }} job
 */
async function connects({ port, parallel, seconds, hello, devices }) {
  const tally = new Tally(seconds);
  const known = Array.from({ length: devices ?? 0 }, (_, n) => deviceOf(n));
  let turn = 0;
  const prepared = hello && frameOf(hello);
  const answerTo = (challenge) => {
    const { nonce } = JSON.parse(challenge).payload;
    return frameOf(signedConnect(known[(turn = (turn + 1) % known.length)], nonce));
  };
  tally.begin();
  const worker = async () => {
    while (!tally.over) {
      const sentAt = performance.now();
      const { socket, answer } = await enter(port, prepared, answerTo);
      tally.add(sentAt, isGood(answer), answer);
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return tally.outcome();
}

/**
 * Calls on sockets that are open, one under way on each.
 *
 * @param {{ port: number, sockets: number, seconds: number, hello: string, call: string }} job
 */
async function calls({ port, sockets, seconds, hello, call }) {
  const tally = new Tally(seconds);
  const [first, frame] = [frameOf(hello), frameOf(call)];
  const clients = await Promise.all(
    Array.from({ length: sockets }, async () => {
      const { socket, reader } = await enter(port, first);
      let sentAt = 0;
      const send = () => {
        sentAt = performance.now();
        socket.write(frame);
      };
      reader.onFrame = (answer) => {
        if (!answer.includes('"res"')) return; // an event, a ping
        tally.add(sentAt, isGood(answer), answer);
        if (!tally.over) send();
      };
      return { socket, send };
    }),
  );
  tally.begin();
  for (const { send } of clients) send();
  await tally.end();
  for (const { socket } of clients) socket.destroy();
  return tally.outcome();
}

/**
 * Opens `count` authenticated sockets and keeps them.
 *
 * @param {{ port: number, count: number, parallel: number, hello: string }} job
 */
async function hold({ port, count, parallel, hello }) {
  const frame = frameOf(hello);
  let left = count;
  let errors = 0;
  let first;
  const worker = async () => {
    while (left-- > 0) {
      const { socket, answer } = await enter(port, frame);
      if (!isGood(answer)) {
        errors += 1;
        first ??= answer;
      }
      held.push(socket);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { done: count - errors, errors, first };
}

/**
 * Streamed answers on keep-alive connections, one under way on each; each begins up to `spreadMs` after the one before it,
 * so that not all begin at once. What is timed is the first piece.
 *
 * @param {{ port: number, connections: number, seconds: number, spreadMs?: number, awake?: boolean, head: string }} job
 */
async function streams({ port, connections, seconds, spreadMs = 0, awake, head }) {
  const request = Buffer.from(head, 'latin1');
  const tally = new Tally(seconds);
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await open(port);
      let [sentAt, firstAt, tail] = [0, 0, ''];
      const send = () => {
        [sentAt, firstAt, tail] = [performance.now(), 0, ''];
        socket.write(request);
      };
      const later = () => (spreadMs === 0 ? send() : setTimeout(send, Math.random() * spreadMs));
      socket.on('data', (chunk) => {
        if (firstAt === 0 && chunk.includes('data: ')) firstAt = performance.now();
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 64))).slice(-64);
        const isError = firstAt === 0 && /^HTTP\/1.1 [45]/.test(chunk.toString('latin1', 0, 12));
        if (!isError && !tail.endsWith('0\r\n\r\n')) return;
        const lasted = performance.now() - firstAt;
        tally.add(sentAt + lasted, !isError && tail.includes('[DONE]'), chunk);
        if (!tally.over) later();
      });
      return { socket, later };
    }),
  );
  tally.begin(awake);
  for (const { later } of clients) later();
  await tally.end();
  for (const { socket } of clients) socket.destroy();
  return tally.outcome();
}

/**
 * Begins `count` streamed answers that do not end, and keeps them.
 *
 * @param {{ port: number, count: number, parallel: number, head: string }} job
 */
async function holdStreams({ port, count, parallel, head }) {
  const request = Buffer.from(head, 'latin1');
  let [left, errors, first] = [count, 0, undefined];
  const worker = async () => {
    while (left-- > 0) {
      const socket = await open(port);
      held.push(socket);
      socket.write(request);
      const begun = await new Promise((resolve) => {
        socket.on('data', (chunk) => {
          if (chunk.includes('data: ')) resolve(true);
          else if (/^HTTP\/1.1 [45]/.test(chunk.toString('latin1', 0, 12))) resolve(((first ??= String(chunk)), false));
        });
        socket.on('close', () => resolve(false));
      });
      if (!begun) errors += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return { done: count - errors, errors, first };
}

async function release() {
  for (const socket of held) socket.destroy();
  held = [];
  return {};
}

/** A socket that has been upgraded and has had its first answer. */
async function enter(port, frame, answerTo) {
  const socket = await open(port);
  const reader = new FrameReader();
  const answer = await new Promise((resolve, reject) => {
    if (frame) reader.onUpgraded = () => socket.write(frame);
    reader.onFrame = (text) => {
      if (text.includes('"res"')) resolve(text);
      else if (!frame && text.includes('"connect.challenge"')) socket.write(answerTo(text));
    };
    socket.on('data', (chunk) => reader.read(chunk));
    socket.on('close', () => reject(new Error('the server hung up')));
    socket.write(UPGRADE);
  });
  return { socket, reader, answer };
}

/** @param {string} answer */
const isGood = (answer) => answer.includes('"ok":true');

/** @returns {Promise<import('node:net').Socket>} */
function open(port, localAddress) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true }, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined); // what matters of it is an answer that never comes
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/**
 * Keeps this process from sleeping while it measures. Else every answer of a server that is slower than the load would
 * have to wake a sleeping process, which costs the server 10 µs in the kernel, and a faster one nothing.
 *
 * @param {() => boolean} isOver
 */
function stayAwake(isOver) {
  if (!isOver()) setImmediate(stayAwake, isOver);
}

/** Counts what is answered between `begin` and the end of the time. */
class Tally {
  constructor(seconds) {
    this.seconds = seconds;
    this.over = false;
    this.done = 0;
    this.errors = 0;
    this.first = undefined;
    this.latencies = [];
  }

  /** `awake` for a load without pauses, and for one generator only: two that never sleep would fight for a core. */
  begin(awake = true) {
    if (awake) stayAwake(() => this.over);
    this.ended =
      this.seconds === Infinity
        ? Promise.resolve()
        : new Promise((resolve) => setTimeout(resolve, this.seconds * 1000));
    this.ended.then(() => (this.over = true));
  }

  /** Resolves when the time is over and what was under way then has had a moment to end. */
  async end() {
    await this.ended;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  add(sentAt, good, answer) {
    if (this.over) return;
    if (good) this.done += 1;
    else {
      this.errors += 1;
      this.first ??= String(answer).slice(0, 600);
    }
    this.latencies.push(performance.now() - sentAt);
  }

  outcome() {
    const sorted = Float64Array.from(this.latencies).sort();
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
    const { done, errors, first, seconds } = this;
    return { done, errors, first, seconds, p50: at(0.5), p99: at(0.99) };
  }
}
