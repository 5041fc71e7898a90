import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { METRICS, type Metrics, type Sample } from '../kernel/metrics.js';

/** How often a route was answered, by the first digit of the status. */
interface Answers {
  readonly method: string;
  readonly route: string;
  readonly counts: number[];
}

declare module 'fastify' {
  interface FastifyContextConfig {
    answers?: Answers;
  }
}

const ANSWERS = Symbol('answers');
type Counted = ServerResponse & { [ANSWERS]?: Answers };

/** Node's own notice of an answer that has been sent; a hook of Fastify's would cost each answer two listeners. */
const FINISHED = 'http.server.response.finish';

const answersOf = (method: string, route: string): Answers => ({ method, route, counts: [0, 0, 0, 0, 0, 0] });

/**
 * Counts answers by the route's template, never by the address that was asked: one addition each. What the door refuses is
 * counted too; what is cut off before its end is not.
 */
@Injectable()
export class AnswerCounts implements OnModuleDestroy {
  /** What no route stands for. */
  private readonly unknown = answersOf('other', 'unknown');
  private readonly all = [this.unknown];
  private server?: Server;

  constructor(@Inject(METRICS) metrics: Metrics) {
    metrics.total(
      {
        name: 'doorward_http_requests_total',
        help: 'HTTP requests that were answered, by route and class of status',
        labels: ['method', 'route', 'status'],
      },
      () => this.samples(),
    );
    metrics.gauge({ name: 'doorward_tcp_connections', help: 'Open connections to the port, WebSocket included' }, () =>
      this.connections(),
    );
  }

  /** Must come before the hooks that refuse requests, and before there are routes. */
  attach(server: FastifyInstance): void {
    this.server = server.server as Server;
    server.addHook('onRoute', (route) => {
      const answers = answersOf([route.method].flat().join(' '), route.url);
      this.all.push(answers);
      route.config = { ...route.config, answers } as typeof route.config;
    });
    server.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
      (reply.raw as Counted)[ANSWERS] = request.routeOptions.config?.answers ?? this.unknown;
      done();
    });
    subscribe(FINISHED, this.count);
  }

  onModuleDestroy(): void {
    unsubscribe(FINISHED, this.count);
  }

  /** The notice is of all servers of the process. */
  private readonly count = (message: unknown): void => {
    const { response, server } = message as { request: IncomingMessage; response: Counted; server: Server };
    if (server !== this.server) return;
    const { counts } = response[ANSWERS] ?? this.unknown;
    const digit = (response.statusCode / 100) | 0;
    counts[digit < 6 ? digit : 0]! += 1;
  };

  private samples(): Sample[] {
    return this.all.flatMap(({ method, route, counts }) =>
      counts.flatMap((value, digit) => (value > 0 ? [{ labels: [method, route, `${digit}xx`], value }] : [])),
    );
  }

  private connections(): Promise<Sample[]> {
    return new Promise((resolve, reject) => {
      if (!this.server) return resolve([]);
      this.server.getConnections((error, value) => (error ? reject(error) : resolve([{ value }])));
    });
  }
}
