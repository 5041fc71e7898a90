import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Changes, type Change } from '../../src/storage/changes.js';
import type { Database } from '../../src/storage/database.js';
import { given } from '../helpers/given.js';
import { hasPostgres, type Postgres, startPostgres } from '../helpers/postgres.js';
import { until } from '../helpers/until.js';
import { closeAll, disposeServer, ENGINES, openDatabase, openEngine } from './open.js';

const USER: Change = { kind: 'user', id: 'ann' };
const FENCE: Change = { kind: 'tenant', id: 'fence' };

afterAll(async () => {
  await closeAll();
  await disposeServer();
});

function listen(database: Database): { changes: Changes; heard: Change[] } {
  const changes = new Changes(database);
  const heard: Change[] = [];
  changes.subscribe((change) => heard.push(change));
  return { changes, heard };
}

/** Notices arrive in the order of their commits: once a later one is here, everything before it is. */
async function settle(changes: Changes, heard: Change[]): Promise<Change[]> {
  await changes.publish(FENCE);
  await until('the fence', () => heard.some(({ id }) => id === FENCE.id));
  return heard.filter(({ id }) => id !== FENCE.id);
}

describe.each(ENGINES)('changes in %s', (engine) => {
  let database: Database;

  beforeAll(async () => {
    database = await openEngine(engine);
  });

  it('are heard by whoever told them, exactly once', async () => {
    const { changes, heard } = listen(database);

    expect(changes.live).toBe(true);
    await changes.publish(USER);

    expect(await settle(changes, heard)).toEqual([USER]);
  });

  it('are told when the transaction commits, not before', async () => {
    const { changes, heard } = listen(database);

    await database.transaction(async (manager) => {
      await changes.publish(USER, manager);
      expect(heard).toEqual([]);
    });

    expect(await settle(changes, heard)).toEqual([USER]);
  });

  it('are never told when the transaction is rolled back', async () => {
    const { changes, heard } = listen(database);

    const work = database.transaction(async (manager) => {
      await changes.publish(USER, manager);
      throw new Error('no');
    });

    await expect(work).rejects.toThrow('no');
    expect(await settle(changes, heard)).toEqual([]);
  });

  it('are told by the table itself when somebody writes past the gateway', async () => {
    const { changes, heard } = listen(database);
    const [tenant] = await database.query<{ id: string }>(`insert into tenants (name) values ('a') returning id`);

    await database.query(`update tenants set status = 'suspended' where id = $1`, [tenant!.id]);
    await database.query(`update tenants set name = 'b' where id = $1`, [tenant!.id]);

    expect(await settle(changes, heard)).toEqual([{ kind: 'tenant', id: tenant!.id }]);
  });

  it('told twice in one transaction are heard once', async () => {
    const { changes, heard } = listen(database);

    await database.transaction(async (manager) => {
      await changes.publish(USER, manager);
      await changes.publish(USER, manager);
    });

    expect(await settle(changes, heard)).toEqual([USER]);
  });

  it('survive what strangers say on the channel', async () => {
    const { changes, heard } = listen(database);

    for (const noise of ['', 'nonsense', '{"kind":1}', 'planet earth', 'user ']) {
      await database.query(`select pg_notify('doorward_changes', $1)`, [noise]);
    }

    expect(await settle(changes, heard)).toEqual([]);
  });

  it('end when the database is closed: a gap', async () => {
    const { changes } = listen(database);
    let gaps = 0;
    changes.onGap(() => gaps++);

    await database.close();

    expect(changes.live).toBe(false);
    expect(gaps).toBe(1);
  });
});

given(hasPostgres, 'changes between replicas on postgres', () => {
  let server: Postgres;

  afterAll(async () => {
    await closeAll();
    await server.dispose();
  });

  it('reach the other replica, and a broken channel is a gap on both sides of it', async () => {
    server = await startPostgres();
    const url = await server.database();
    const [here, there] = [listen(await openDatabase({ url })), listen(await openDatabase({ url }))];
    await here.changes.publish(USER);
    await until('the change on the other replica', () => there.heard.length === 1);
    expect(there.heard).toEqual([USER]);

    const gaps: boolean[] = [];
    there.changes.onGap(() => gaps.push(there.changes.live));
    const before = await server.query(`select pid from pg_stat_activity where application_name = 'doorward notices'`);
    expect(before).toHaveLength(2);
    await server.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'doorward notices'`,
    );
    await until('both gaps: down, and up again', () => gaps.length === 2);

    expect(gaps).toEqual([false, true]);
    await here.changes.publish({ kind: 'device', id: 'd' });
    await until('the next change', () => there.heard.length === 2);
  });
});
