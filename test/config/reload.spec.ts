import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config-error.js';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { openConfig, type OpenedConfig } from '../../src/config/open-config.js';
import { KeySettings, ModeSettings, PARTS, Place } from './place.js';

const FIRST = 'the-first-key-of-the-house';
const SECOND = 'the-second-key-of-the-house';

let place: Place;
let variables: Record<string, string>;
let config: OpenedConfig;

beforeEach(async () => {
  place = new Place().config({ gateway: { port: 1000, auth: { token: FIRST } } });
  variables = {};
  config = await openConfig({
    settings: PARTS,
    overrides: { 'gateway.bind': 'lan' },
    readEnvironment: () => place.environment(variables),
  });
});
afterEach(() => place.remove());

describe('a reload', () => {
  it('reads the file, .env and the environment anew, and keeps the flags', async () => {
    place.config({ gateway: { auth: { token: SECOND } } }).write({ '.doorward/.env': 'DOORWARD_GATEWAY_PORT=2000' });
    variables = { OPENCLAW_GATEWAY_AUTH_MODE: 'token' };

    const next = await config.service.reload();

    expect(config.service.current).toBe(next);
    expect(next.version).toBe(2);
    expect(next.get(GatewaySettings)).toMatchObject({ port: 2000, bind: 'lan' });
    expect(next.get(KeySettings).token).toBe(SECOND);
    expect(next.get(ModeSettings).mode).toBe('token');
    expect(config.loaded().snapshot).toBe(next);
  });

  it.each([
    ['a truncated file', '{ gateway: {'],
    ['an empty file', ''],
    ['an unknown mode', { gateway: { auth: { mode: 'tokne', token: SECOND } } }],
    ['a wrong type', { gateway: { port: '1', auth: { token: SECOND } } }],
    ['an unknown key', { gateway: { auth: { tokne: SECOND } } }],
  ])('S153: with %s is refused, and what was stays', async (_, content) => {
    const before = config.service.current;
    const heard = jest.fn();
    config.service.onChange(heard);
    place.config(content);

    await expect(config.service.reload()).rejects.toThrow(ConfigError);

    expect(config.service.current).toBe(before);
    expect(before.get(KeySettings).token).toBe(FIRST);
    expect(heard).not.toHaveBeenCalled();

    place.config({ gateway: { auth: { token: SECOND } } });
    expect((await config.service.reload()).version).toBe(2);
  });

  it('S145: leaves a snapshot that somebody holds as it was', async () => {
    const held = config.service.current;
    place.config({ gateway: { port: 3000 } });
    await config.service.reload();
    expect(held.get(GatewaySettings).port).toBe(1000);
  });

  it('tells everybody of the next and the previous snapshot, until they stop listening', async () => {
    const seen: number[][] = [];
    const stop = config.service.onChange((next, previous) => seen.push([previous.version, next.version]));

    await config.service.reload();
    stop();
    await config.service.reload();

    expect(seen).toEqual([[1, 2]]);
  });

  it('happens once at a time; who asks while one runs shares the next, which reads what was last written', async () => {
    const told: (readonly string[])[] = [];
    config.service.onReload(({ causes }) => told.push(causes.map(({ trigger }) => trigger)));
    const first = config.service.reload({ trigger: 'signal' });
    await Promise.resolve(); // it has begun
    const shared = [config.service.reload({ trigger: 'rpc' }), config.service.reload({ trigger: 'file' })];
    place.config({ gateway: { port: 4000 } });

    expect((await first).version).toBe(2);
    expect((await Promise.all(shared)).map(({ version }) => version)).toEqual([3, 3]);
    expect(config.service.current.get(GatewaySettings).port).toBe(4000);
    expect(told).toEqual([['signal'], ['rpc', 'file']]);
  });

  it('that is refused is told to whoever writes it down', async () => {
    const told = jest.fn();
    config.service.onReload(told);
    place.config({ gateway: { port: 'x' } });
    const cause = { trigger: 'rpc', actor: 'token:token' } as const;

    await expect(config.service.reload(cause)).rejects.toThrow(ConfigError);
    expect(told).toHaveBeenCalledWith({
      causes: [cause],
      previous: config.service.current,
      error: expect.any(ConfigError),
    });
  });

  it('without the file is one with an empty configuration', async () => {
    rmSync(join(place.state, 'doorward.json5'));
    expect((await config.service.reload()).get(KeySettings).token).toBeUndefined();
  });
});
