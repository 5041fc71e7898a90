import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { LoginStore } from './logins.js';
import { FROM_LOGIN } from './stored-login.js';
import { addTargetOptions, findGateway, findTarget, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** Which gateway, as whom, by what, with which scopes, until when. Exit 0 when it takes us, 1 when it does not. */
export const command: CommandFile<Options> = {
  examples: ['doorward auth status', 'doorward auth status --url https://gateway.example.com --json'],

  describe: addTargetOptions,

  async run({ options, world }) {
    const { terminal } = world;
    const { url, stateDir } = await findGateway(options, world);
    const target = await findTarget(options, world);
    const { credentialFrom } = target;
    const { status, body } = await new GatewayClient(target).ask('GET', '/api/v1/whoami');
    const logins = new LoginStore(stateDir).all();
    const login = credentialFrom === FROM_LOGIN ? logins[url] : undefined;
    const others = Object.keys(logins).filter((other) => other !== url);
    const { method, user, subject, tenantId, scopes } = record(body);
    const { code, message } = record(record(body)['error']);
    const authenticated = status < 400;
    const answer = {
      url,
      authenticated,
      credentialFrom: credentialFrom ?? null,
      ...(authenticated ? { method, user: user ?? null, subject, tenantId, scopes } : { code, message }),
      expiresAt: login?.expiresAt ?? null,
      staysSignedIn: login?.refreshToken !== undefined,
      otherLogins: others,
    };
    if (options.json) terminal.json(answer);
    else for (const line of lines(answer)) terminal.result(line);
    return authenticated ? 0 : 1;
  },
};

type Answer = Readonly<Record<string, unknown>> & { readonly authenticated: boolean };

function lines(answer: Answer): string[] {
  const scopes = Array.isArray(answer['scopes']) ? answer['scopes'].map(word).join(', ') : '';
  const until = word(answer['expiresAt']);
  const others = answer['otherLogins'] as string[];
  const rows: (readonly [name: string, value: string])[] = [
    ['Gateway', word(answer['url'])],
    ['Credential', word(answer['credentialFrom']) || 'none'],
    ...(answer.authenticated
      ? ([
          ['Signed in as', word(answer['user']) || word(answer['subject'])],
          ['Method', word(answer['method'])],
          ['Tenant', word(answer['tenantId'])],
          ['Scopes', scopes || 'none'],
        ] as const)
      : ([['Refused', `${word(answer['message'])} (${word(answer['code'])}); sign in with: doorward login`]] as const)),
    ...(until === ''
      ? []
      : [['Until', `${until}${answer['staysSignedIn'] ? ', then renewed by itself' : ''}`] as const]),
    ...(others.length === 0 ? [] : [['Also signed in at', others.map(word).join(', ')] as const]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
