import { type ProxyKind, programAt, SESSIONS, startProxy } from './reverse-proxy.js';

const program = programAt('nginx');

/** nginx, as its manuals put it before a service with WebSockets; undefined where this machine has none. */
export const nginx: ProxyKind | undefined =
  program === undefined
    ? undefined
    : {
        name: 'nginx',
        userHeader: 'X-Auth-Request-Email',
        start: (upstream) =>
          startProxy(
            {
              program,
              file: 'nginx.conf',
              // One process without a master, which needs no other user and ends with its parent.
              args: (config, folder) => [
                '-p',
                folder,
                '-e',
                `${folder}/error.log`,
                '-c',
                config,
                '-g',
                'daemon off; master_process off;',
              ],
              config,
            },
            upstream,
          ),
      };

function config(port: number, upstream: number, folder: string): string {
  const sessions = Object.entries(SESSIONS).map(([session, user]) => `${session} ${user};`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.join('\n  ')}

  # Stands in for auth_request and oauth2-proxy: whose session it is.
  map $cookie_session $user_email { default ""; ${sessions.join(' ')} }
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }

  server {
    listen 0.0.0.0:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Auth-Request-Email $user_email;
    }
  }
}
`;
}
