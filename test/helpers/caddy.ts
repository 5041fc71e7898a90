import { type ProxyKind, programAt, SESSIONS, startProxy } from './reverse-proxy.js';

const program = programAt('caddy');

/** Caddy, which forwards WebSockets and the client's address by itself; undefined where this machine has none. */
export const caddy: ProxyKind | undefined =
  program === undefined
    ? undefined
    : {
        name: 'Caddy',
        userHeader: 'X-Forwarded-User',
        start: (upstream) =>
          startProxy(
            {
              program,
              file: 'Caddyfile',
              args: (config) => ['run', '--adapter', 'caddyfile', '--config', config],
              config,
            },
            upstream,
          ),
      };

function config(port: number, upstream: number, folder: string): string {
  const sessions = Object.entries(SESSIONS).map(([session, user]) => `    ${session} ${user}`);
  return `{
  admin off
  auto_https off
  storage file_system ${folder}
}

http://:${port} {
  # Stands in for forward_auth: whose session it is.
  map {http.request.cookie.session} {user_email} {
${sessions.join('\n')}
    default ""
  }
  reverse_proxy 127.0.0.1:${upstream} {
    header_up X-Forwarded-User {user_email}
  }
}
`;
}
