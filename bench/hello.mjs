import { TOKEN } from './servers.mjs';

/** The first frame of a client of the native dialect. */
export const HELLO = JSON.stringify({
  type: 'req',
  id: '1',
  method: 'connect',
  params: {
    minProtocol: 3,
    maxProtocol: 4,
    client: { id: 'cli', version: '1.0.0', platform: 'linux', mode: 'cli' },
    role: 'operator',
    scopes: ['operator.read', 'operator.write'],
    auth: { token: TOKEN },
  },
});
