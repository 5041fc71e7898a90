import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { HttpClient } from '../../src/credentials/http.js';
import { OAuthClient } from '../../src/credentials/oauth/oauth-client.js';
import { oauthProvidersOf } from '../../src/credentials/oauth/oauth-provider.js';
import { RefreshService } from '../../src/credentials/refresh/refresh.service.js';
import { DatabaseProfileStore } from '../../src/credentials/stores/database.profile-store.js';
import { systemClock } from '../../src/kernel/clock.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import { Changes } from '../../src/storage/changes.js';
import { DataKeys } from '../../src/storage/data-keys.js';
import type { Database } from '../../src/storage/database.js';
import { EncryptionKey } from '../../src/storage/encryption-key.js';
import { until } from '../helpers/until.js';
import { closeAll, disposeServer, ENGINES, openDatabase, openEngine } from '../storage/open.js';
import { tokens, TokenStand } from './token-stand.js';

const ID = 'test:work';

let stand: TokenStand;
const http = new HttpClient(systemClock);

afterEach(() => stand.close());

afterAll(async () => {
  await http.close();
  await closeAll();
  await disposeServer();
});

function storeOn(database: Database): DatabaseProfileStore {
  return new DatabaseProfileStore(
    database,
    new Changes(database),
    new DataKeys(new EncryptionKey('ab'.repeat(32), '/nowhere')),
  );
}

describe.each(ENGINES)('three gateways on one database (%s)', (engine) => {
  it('S171: refresh a login once, again and again, and use no refresh token twice', async () => {
    let url = '';
    const first = await openEngine(engine, {}, (made) => (url = made));
    const another = (): Promise<Database> => (engine === 'embedded' ? Promise.resolve(first) : openDatabase({ url }));
    const stores = [first, await another(), await another()].map(storeOn);
    stand = await TokenStand.start();
    const providers = oauthProvidersOf({ test: { tokenEndpoint: stand.url, clientId: 'us' } });
    const gateways = stores.map((store) => {
      const client = new OAuthClient(http, systemClock);
      return new RefreshService({ store, client, provider: (id) => providers.get(id) }, systemClock, SILENT_LOG);
    });

    for (let round = 1; round <= 5; round += 1) {
      const profile = { type: 'oauth', provider: 'test', access: 'old', refresh: `r${round}`, expires: 1 } as const;
      await stores[0]!.update('main', (stored) => ({ ...stored, profiles: { [ID]: profile } }));
      await until('every gateway to have heard of it', async () => {
        const seen = await Promise.all(
          stores.map(async (store) => (await store.read('main')).profiles[ID]?.['expires']),
        );
        return seen.every((expires) => expires === 1);
      });
      stand.answers = [tokens(`a${round}`, `r${round + 1}`), { status: 400, body: { error: 'invalid_grant' } }];
      const users = gateways.flatMap((gateway) => Array.from({ length: 50 }, () => gateway.fresh('main', ID)));
      const got = await Promise.all(users);
      expect(new Set(got.map(({ access }) => access))).toEqual(new Set([`a${round}`]));
    }
    expect(stand.asked.map((form) => form.get('refresh_token'))).toEqual(['r1', 'r2', 'r3', 'r4', 'r5']);
  });
});
