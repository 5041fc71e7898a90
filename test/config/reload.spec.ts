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

  it('takes its turn when several are asked for at once', async () => {
    const versions = await Promise.all([config.service.reload(), config.service.reload(), config.service.reload()]);
    expect(versions.map(({ version }) => version)).toEqual([2, 3, 4]);
  });

  it('without the file is one with an empty configuration', async () => {
    rmSync(join(place.state, 'doorward.json5'));
    expect((await config.service.reload()).get(KeySettings).token).toBeUndefined();
  });
});
