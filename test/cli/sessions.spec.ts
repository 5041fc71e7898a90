import { SessionsService } from '../../src/chat/sessions/sessions.service.js';
import { HOUSE, HOUSE_TOKEN, startGateway, type TestGateway } from '../helpers/gateway.js';
import { World } from '../helpers/world.js';
import { cli, type Outcome } from './in-process.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ config: { gateway: { auth: { token: HOUSE_TOKEN } } }, database: 'embedded' });
});
afterAll(() => gateway.close());

const run = (line: string): Promise<Outcome> => cli(`${line} --url ${gateway.url} --token ${HOUSE_TOKEN}`);

describe('doorward sessions', () => {
  it('says what to expect while nothing was said', async () => {
    expect(await run('sessions list')).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/Nothing/) });
    expect(await run('sessions show nothing')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no such session: nothing'),
    });
  });

  it('lists, shows and forgets a conversation; nothing in it moves the cursor', async () => {
    const sessions = new World(gateway).get(SessionsService);
    const session = await sessions.begin(HOUSE, { sessionKey: 'trip' });
    const model = 'openai/gpt';
    for (const n of [1, 2]) {
      const runId = `run ${n}`;
      await sessions.add(session, { runId, role: 'user', kind: 'message', said: { text: `Hello ${n}\n\u001b[2J` } });
      const said = { text: 'Hi', model, ...(n === 2 && { cut: 'aborted' as const }) };
      await sessions.add(session, { runId, role: 'assistant', kind: 'message', said });
    }
    await sessions.change(session, { label: 'My trip', model, profile: 'openai:work' });

    const listed = await run('sessions list');
    expect(listed.stdout).toContain('agent:main:trip');
    expect(listed.stdout).toMatch(/My trip +openai\/gpt@openai:work/);
    expect(JSON.parse((await run('sessions list --agent main --json')).stdout)).toMatchObject([{ label: 'My trip' }]);
    expect(JSON.parse((await run('sessions list --agent other --json')).stdout)).toEqual([]);

    const shown = await run('sessions show agent:main:trip');
    expect(shown.stdout).toMatch(/Z {2}user\n {2}Hello 1\n {2}\\u001b\[2J\n/);
    expect(shown.stdout).toMatch(/Z {2}openai\/gpt {2}\(cut short: aborted\)\n {2}Hi\n/);
    const last = await run('sessions show trip --limit 1 --json');
    expect(JSON.parse(last.stdout)).toMatchObject({ hasMore: true, messages: [{ role: 'assistant' }] });

    expect(await run('sessions reset trip')).toMatchObject({ code: 0, stdout: expect.stringContaining('begins anew') });
    expect((await run('sessions show trip')).stderr).toContain('Nothing was said yet');
  });
});
