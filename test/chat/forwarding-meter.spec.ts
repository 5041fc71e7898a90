import { ModelCalls } from '../../src/chat/model-calls.service.js';
import type { Meter } from '../../src/chat/meter.js';
import type { ModelCall, TokenUsage } from '../../src/chat/model-call.js';
import { ModelMetrics } from '../../src/chat/model-metrics.js';
import { ConfigService } from '../../src/config/config.service.js';
import { CredentialsService } from '../../src/credentials/credentials.service.js';
import { modelRefText } from '../../src/credentials/model-ref.js';
import { Refused } from '../../src/kernel/errors.js';
import { SILENT_LOG } from '../../src/kernel/log.js';
import { HOUSE, startGateway, type TestGateway } from '../helpers/gateway.js';
import { openAiCompletion, openAiError, openAiEvents, StandInOpenAi } from '../helpers/stand-in-openai.js';
import { until } from '../helpers/until.js';
import { CHAT, KEY, piece, read } from './calling.js';

/** Writes down what it is told. */
class Notebook implements Meter {
  readonly reserved: TokenUsage[] = [];
  readonly settled: [string, TokenUsage | undefined][] = [];
  refusal: Error | undefined;

  async reserve(_: ModelCall, estimate: TokenUsage) {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    this.reserved.push(estimate);
    return {
      settle: (usage: TokenUsage | undefined, model: ModelCall['models'][0]) =>
        void this.settled.push([modelRefText(model), usage]),
    };
  }
}

let openAi: StandInOpenAi;
let gateway: TestGateway;
let notebook: Notebook;
let calls: ModelCalls;

beforeAll(async () => {
  openAi = await StandInOpenAi.start();
  const provider = { type: 'openai', baseUrl: openAi.baseUrl, apiKey: KEY };
  const dear = { id: 'dear', maxTokens: 100, cost: { input: 1000, output: 1_000_000 } };
  gateway = await startGateway({
    config: { models: { providers: { one: provider, two: { ...provider, models: [dear] } } } },
  });
});
afterAll(async () => {
  await calls?.onApplicationShutdown();
  await gateway?.close();
  await openAi?.close();
});
beforeEach(() => {
  openAi.clear();
  notebook = new Notebook();
  const of = <T>(type: new (...args: never[]) => T): T => gateway.app.get(type, { strict: false });
  calls = new ModelCalls(notebook, of(CredentialsService), of(ModelMetrics), gateway.clock, SILENT_LOG);
});
afterEach(() => calls.onApplicationShutdown());

const callOf = (more: Partial<ModelCall> = {}): ModelCall => ({
  caller: HOUSE,
  requestId: 'r-1',
  endpoint: 'chat/completions',
  agent: 'main',
  models: [{ provider: 'one', model: 'small' }],
  body: CHAT,
  isStream: false,
  signal: new AbortController().signal,
  config: gateway.app.get(ConfigService).current,
  ...more,
});
const STREAM = { body: { ...CHAT, stream: true }, isStream: true };
const tooMany = openAiError(429, 'Rate limit reached');

describe('a call is paid for', () => {
  it('at the most that any of its models may cost, before anything is sent', async () => {
    const models = [
      { provider: 'one', model: 'small' },
      { provider: 'two', model: 'dear' },
    ];
    await calls.ask(callOf({ models, body: { ...CHAT, max_tokens: 50 } }));

    const [estimate] = notebook.reserved;
    expect(estimate).toMatchObject({ output: 50, cachedInput: 0 });
    expect(estimate!.cost).toBeCloseTo(50 + estimate!.input / 1000, 6);
  });

  it('not at all where the budget is used up: nothing is sent', async () => {
    notebook.refusal = new Refused('rate_limited', { message: 'the budget is used up' });

    await expect(calls.ask(callOf())).rejects.toThrow('the budget is used up');
    expect(openAi.asked).toEqual([]);
    expect(notebook.settled).toEqual([]);
  });

  it('once, by what the provider that answered has counted', async () => {
    openAi.once(tooMany);
    const models = [
      { provider: 'one', model: 'small' },
      { provider: 'two', model: 'other' },
    ];
    const { usage } = await calls.ask(callOf({ models }));
    await usage;

    expect(notebook.settled).toEqual([['two/other', { input: 9, output: 12, cachedInput: 0 }]]);
  });

  it('when a stream is over, and not before', async () => {
    const { body, usage } = await calls.ask(callOf(STREAM));
    await piece(body);
    (body as NodeJS.ReadableStream).resume();
    await usage;

    expect(notebook.settled).toEqual([['one/small', { input: 9, output: 12, cachedInput: 0 }]]);
  });

  it('with nothing when nobody answers', async () => {
    openAi.always(tooMany);
    await expect(calls.ask(callOf())).rejects.toMatchObject({ code: 'upstream_rate_limited' });
    openAi.always({ body: {} });

    expect(notebook.settled).toEqual([['one/small', undefined]]);
  });

  it('with its prompt when the caller leaves before the answer, and with nothing before it was asked', async () => {
    const gone = new AbortController();
    openAi.once({ before: new Promise(() => undefined) });
    const call = calls.ask(callOf({ signal: gone.signal }));
    await until('the request is upstream', () => openAi.asked.length === 1);
    gone.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
    await expect(calls.ask(callOf({ signal: gone.signal }))).rejects.toThrow('gone');

    expect(notebook.settled).toEqual([
      ['one/small', { input: notebook.reserved[0]!.input, output: 0, cachedInput: 0 }],
    ]);
  });

  it('by its pieces when the caller leaves in the middle of a stream', async () => {
    const gone = new AbortController();
    openAi.once({ body: openAiEvents('eins zwei drei vier', 'm'), hangs: true });
    const answer = await calls.ask(callOf({ ...STREAM, signal: gone.signal }));
    await piece(answer.body);
    gone.abort(new Error('gone'));
    const usage = await answer.usage;

    expect(usage!.output).toBeGreaterThanOrEqual(1);
    expect(notebook.settled).toEqual([['one/small', usage]]);
  });

  it('by what came of a stream that broke off', async () => {
    const text = openAiEvents('eins zwei drei vier', 'm');
    openAi.once({ body: text, breakAfter: text.indexOf('drei') });
    const answer = await calls.ask(callOf(STREAM));
    await read(answer);
    await answer.usage;

    expect(notebook.settled).toHaveLength(1);
    expect(notebook.settled[0]![1]!.output).toBeGreaterThanOrEqual(2);
  });

  it('with no more than it could come to where nobody counts, whatever comes', async () => {
    const body = { ...CHAT, max_tokens: 3, n: 2 };
    openAi.once({ body: openAiEvents('ein Wort nach dem anderen, und immer noch eines', 'm') });
    const stream = await calls.ask(callOf({ body: { ...body, stream: true }, isStream: true }));
    await read(stream);
    openAi.once({ body: { ...openAiCompletion('x'.repeat(10_000), 'm'), usage: undefined } });
    const whole = await calls.ask(callOf({ body }));

    expect([(await stream.usage)!.output, (await whole.usage)!.output]).toEqual([6, 6]);
  });

  it('with all that was counted, also beyond what it could come to', async () => {
    openAi.once({ body: openAiCompletion('zu viel', 'm', { completion: 500 }) });
    const { usage } = await calls.ask(callOf({ body: { ...CHAT, max_tokens: 3 } }));

    expect((await usage)!.output).toBe(500);
  });
});
