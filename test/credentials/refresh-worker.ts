// Many users of one login in a process of their own: `refresh-worker.ts <state directory> <issuer> [<step to stop at>]`.
// Reads how many users come at once, line by line, and answers with what they got, and how many of them.
import { createInterface } from 'node:readline';
import { HttpClient } from '../../src/credentials/http.js';
import { OAuthClient } from '../../src/credentials/oauth/oauth-client.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import { RefreshService } from '../../src/credentials/refresh/refresh.service.js';
import { FileProfileStore } from '../../src/credentials/stores/file.profile-store.js';
import { systemClock } from '../../src/kernel/clock.js';
import { SILENT_LOG } from '../../src/kernel/log.js';

const [stateDir, issuer, stopAt] = process.argv.slice(2) as [string, string, string?];
const providers = oauthProvidersOf({ test: { issuer, clientId: 'doorward' } });
const refresh = new RefreshService(
  {
    store: new FileProfileStore(stateDir),
    client: new OAuthClient(new HttpClient(systemClock), systemClock),
    provider: (id) => providers.get(id),
    onStep: (step) => {
      process.stdout.write(`step ${step}\n`);
      return step === stopAt ? new Promise(() => undefined) : undefined;
    },
  },
  systemClock,
  SILENT_LOG,
);

/** An access token, or what was said instead. */
async function user(): Promise<string> {
  try {
    const { access } = await refresh.fresh('main', 'test:alice@example.com');
    return access!;
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const answers = await Promise.all(Array.from({ length: Number(line) }, user));
  const got = [...new Set(answers)].map((answer) => [answer, answers.filter((other) => other === answer).length]);
  process.stdout.write(`got ${JSON.stringify(got)}\n`);
}
