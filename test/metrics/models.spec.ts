import { HELLO, modelConfig, PROVIDER_KEY, sdk } from '../chat/model-api.js';
import { startGateway, type TestGateway } from '../helpers/gateway.js';
import { openAiError, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';
import { Scrape } from './scrape.js';

let standIn: StandInOpenAi;
let gateway: TestGateway;

beforeAll(async () => {
  standIn = await StandInOpenAi.start();
  gateway = await startGateway({ config: modelConfig(standIn) });
});
afterEach(() => standIn.clear());
afterAll(async () => {
  await gateway.close();
  await standIn.close();
});

const ask = (model: string, more: object = {}) =>
  sdk(gateway).chat.completions.create({ model, messages: [...HELLO], ...more } as never);

const requests = (model: string, outcome: string): string =>
  `doorward_model_requests_total{provider="stand",model="${model}",outcome="${outcome}"}`;

describe('calls to models', () => {
  it('are counted by how they ended, with the time to their first byte and what they used', async () => {
    await ask('stand/gpt-test');
    await until('it is counted', async () => (await Scrape.of(gateway)).soFar(requests('gpt-test', 'ok')) === 1);

    const scrape = await Scrape.of(gateway);
    const tokens = (kind: string): number =>
      scrape.value(`doorward_model_tokens_total{provider="stand",model="gpt-test",kind="${kind}"}`);
    expect(tokens('input')).toBe(9);
    expect(tokens('output')).toBe(12);
    expect(scrape.value('doorward_model_first_byte_seconds_count{provider="stand",model="gpt-test"}')).toBe(1);
    expect(scrape.value('doorward_model_first_byte_seconds_bucket{provider="stand",model="gpt-test",le="+Inf"}')).toBe(
      1,
    );
  });

  it('that fail are counted by what callers are told', async () => {
    standIn.once(openAiError(400, 'no such option'));
    await ask('stand/gpt-test').catch(() => undefined);
    expect((await Scrape.of(gateway)).value(requests('gpt-test', 'upstream_invalid_request'))).toBe(1);
  });

  it('S188: no label holds what a caller made up, or a key', async () => {
    for (const name of ['made-up-1', 'made-up-2']) await ask(`stand/${name}`);
    await until('they are counted', async () => (await Scrape.of(gateway)).soFar(requests('other', 'ok')) === 2);
    expect((await Scrape.of(gateway)).text).not.toMatch(/made-up/);
    expect((await Scrape.of(gateway)).text).not.toContain(PROVIDER_KEY);
  });
});
