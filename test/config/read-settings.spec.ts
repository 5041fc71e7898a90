import { readSettings } from '../../src/config/read-settings.js';
import { Place } from './place.js';

const SECRET = 'canary-secret-0123456789';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

describe('the light reader of the command line', () => {
  it('finds the state directory, the config file and the raw tree', async () => {
    place.config({ gateway: { port: 5 }, channels: { a: '${X}' } });

    const settings = await readSettings(place.environment());

    expect(settings).toMatchObject({
      stateDir: place.state,
      configPath: `${place.state}/doorward.json5`,
      tree: { gateway: { port: 5 }, channels: { a: '${X}' } },
    });
    expect(settings.get('gateway.port')).toBe(5);
    expect(settings.get('gateway.nothing.here')).toBeUndefined();
    expect(settings.get('constructor')).toBeUndefined();
  });

  it('says nothing of a value that nobody has set', async () => {
    const settings = await readSettings(place.environment());
    expect(settings.get('gateway.port')).toBeUndefined();
    expect(settings.configPath).toBeUndefined();
  });

  it.each([
    // path                 variables                                         value
    ['gateway.port', { OPENCLAW_GATEWAY_PORT: '4000' }, 4000],
    ['gateway.port', { PORT: '6' }, 6],
    ['gateway.auth.token', { CLAWDBOT_GATEWAY_TOKEN: SECRET }, SECRET],
    ['gateway.auth.password', { WORD: 'pass' }, 'pass'],
  ])('reads %s from %j first, a secret too: that is how clients see it', async (path, variables, value) => {
    place.config({ gateway: { port: '${PORT}', auth: { token: 'in-the-file', password: '${WORD}' } } });
    const settings = await readSettings(place.environment(variables as Record<string, string>));
    expect(settings.get(path)).toBe(value);
  });

  it('reads .env and _FILE, and says what cannot be had', async () => {
    place.config({ gateway: { publicUrl: '${ADDRESS}' } });
    place.write({ '.doorward/.env': 'DOORWARD_GATEWAY_TOKEN_FILE=/nowhere/key\n' });
    const settings = await readSettings(place.environment());

    expect(() => settings.get('gateway.auth.token')).toThrow(
      'DOORWARD_GATEWAY_TOKEN_FILE: names a file that cannot be read',
    );
    expect(() => settings.get('gateway.publicUrl')).toThrow('gateway.publicUrl: ${ADDRESS} is not set');
  });

  it('never stops at what a validator would refuse: a command may be there to put it right', async () => {
    place.config({ gatway: 1, gateway: { prot: 1, bind: 'x' } });
    expect((await readSettings(place.environment())).get('gateway.bind')).toBe('x');
  });
});
