import { Type } from 'class-transformer';
import { IsArray, IsInt, IsObject, IsOptional, IsString, MinLength, ValidateNested } from 'class-validator';
import { MapOf } from '../../src/config/map-of.js';
import type { SecretAnswer, SecretRequest, SecretSource } from '../../src/config/secret-source.js';
import { NO_SECRETS } from '../../src/config/secret-value.js';
import { Setting, Settings, type ConfigSnapshot } from '../../src/config/settings.js';
import type { SecretSurface } from '../../src/config/secret-surfaces.js';
import { ModeSettings, PARTS, Place } from './place.js';

class Issuer {
  @IsString()
  name: string;

  @Setting({ secret: true })
  @IsString()
  @MinLength(8)
  secret: string;
}

class Provider {
  @IsOptional()
  @IsInt()
  weight?: number;

  @Setting({ secret: true })
  @IsOptional()
  @IsString()
  key?: string;

  @Setting({ secret: true })
  @IsOptional()
  @IsObject()
  headers?: Record<string, string>;

  @Setting({ hidden: true })
  @IsOptional()
  @IsString()
  note?: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Issuer)
  issuers: Issuer[] = [];
}

@Settings('house')
class HouseSettings {
  @MapOf(() => Provider, { pattern: /^[a-z]+$/, rule: 'must be of small letters' })
  providers: Record<string, Provider> = {};

  @Setting({ secret: true })
  @IsArray()
  @IsString({ each: true })
  keys: string[] = [];
}

const settings = [...PARTS, HouseSettings];

/** Knows everything: the value of an id is the id twice. */
class Oracle implements SecretSource {
  asked: SecretRequest[] = [];
  read = NO_SECRETS.read;
  check = () => [];

  resolve(request: SecretRequest): Promise<SecretAnswer> {
    this.asked.push(request);
    const values = new Map(request.active.map(({ path, reference: { id } }) => [path, `${id}${id}`]));
    return Promise.resolve({ values, warnings: [] });
  }
}

let place: Place;
let secrets: Oracle;
beforeEach(() => {
  place = new Place();
  secrets = new Oracle();
});
afterEach(() => place.remove());

const ref = (id: string): object => ({ source: 'env', id });

const HOUSE = {
  providers: {
    one: { key: ref('KEY'), headers: { a: ref('A'), b: 'plain-header' }, note: 'hidden-note' },
    two: {
      weight: 2,
      issuers: [
        { name: 'x', secret: ref('ISSUER') },
        { name: 'y', secret: 'plain-secret' },
      ],
    },
  },
  keys: [ref('FIRST'), 'plain-key'],
};

describe('settings that are marked as secret', () => {
  it('take references in maps, in lists of objects, in lists and objects of their own', async () => {
    place.config({ house: HOUSE });
    const { snapshot, secrets: use, secretValues } = await place.load({}, { settings, secrets });

    const { providers, keys } = snapshot.get(HouseSettings);
    expect(providers['one']).toBeInstanceOf(Provider);
    expect(providers['one']).toMatchObject({ key: 'KEYKEY', headers: { a: 'AA', b: 'plain-header' } });
    expect(providers['two']!.issuers.map(({ secret }) => secret)).toEqual(['ISSUERISSUER', 'plain-secret']);
    expect(providers['two']!.issuers[0]).toBeInstanceOf(Issuer);
    expect(keys).toEqual(['FIRSTFIRST', 'plain-key']);
    expect(use.active.map(({ path }) => path)).toEqual([
      'house.providers.one.key',
      'house.providers.one.headers.a',
      'house.providers.two.issuers.0.secret',
      'house.keys.0',
    ]);
    expect(use.plain).toEqual([
      'house.providers.one.headers.b',
      'house.providers.two.issuers.1.secret',
      'house.keys.1',
    ]);
    expect([...secretValues()].toSorted()).toEqual(
      [
        'AA',
        'FIRSTFIRST',
        'ISSUERISSUER',
        'KEYKEY',
        'hidden-note',
        'plain-header',
        'plain-key',
        'plain-secret',
      ].toSorted(),
    );
  });

  it('are shown as references, or as a mark', async () => {
    place.config({ house: HOUSE, gateway: { port: 5 } });
    const { redacted } = await place.load({}, { settings, secrets });
    const M = '__DOORWARD_REDACTED__';
    expect(redacted()).toEqual({
      gateway: { port: 5 },
      house: {
        providers: {
          one: { key: ref('KEY'), headers: { a: ref('A'), b: M }, note: M },
          two: {
            weight: 2,
            issuers: [
              { name: 'x', secret: ref('ISSUER') },
              { name: 'y', secret: M },
            ],
          },
        },
        keys: [ref('FIRST'), M],
      },
    });
  });

  it('cannot be changed once loaded, in maps neither', async () => {
    place.config({ house: HOUSE });
    const { snapshot } = await place.load({}, { settings, secrets });
    const { providers } = snapshot.get(HouseSettings);
    expect(() => Object.assign(providers['one']!, { key: 'other' })).toThrow(TypeError);
    expect(() => Object.assign(providers, { three: {} })).toThrow(TypeError);
  });

  it('are judged when they are there, with the path down to the mistake and without the value', async () => {
    place.config({ house: { providers: { one: { issuers: [{ name: 'x', secret: ref('A') }] } } } });
    await expect(place.refusal({}, { settings, secrets })).resolves.toEqual([
      'house.providers.one.issuers.0.secret: must be longer than or equal to 8 characters; choose a longer value',
    ]);
  });
});

describe('entries of a map', () => {
  // prettier-ignore
  it.each([
    [{ one: { weight: 'x' } },              'house.providers.one.weight: must be a whole number, and it is text; write it without quotes'],
    [{ one: { kee: 4815162342 } },          'house.providers.one.kee: unknown key; did you mean "house.providers.one.key"?'],
    [{ one: { other: 1 } },                 'house.providers.one.other: unknown key; remove it (the nearest known key is "house.providers.one.note")'],
    [{ One: {} },                           'house.providers.One: the name must be of small letters; rename it'],
    [{ one: [] },                           'house.providers.one: must be an object, and it is a list; write { … } or remove it'],
    [{ one: { issuers: [{ name: 5, secret: 'long-enough' }] } }, 'house.providers.one.issuers.0.name: must be text, and it is a number; put it into quotes'],
    [[],                                    'house.providers: must be an object, and it is a list; write { … }'],
  ])('%j', async (providers, message) => {
    place.config({ house: { providers } });
    await expect(place.refusal({}, { settings, secrets })).resolves.toEqual([message]);
  });
});

describe('what is asked for', () => {
  const surfaces: readonly SecretSurface[] = [
    { path: 'house.providers.*.key', idle: (config, [, , name]) => weightless(config, name!) },
    {
      path: 'house.keys',
      idle: (config) => (config.get(ModeSettings).mode === 'none' ? 'gateway.auth.mode is "none"' : undefined),
    },
  ];
  const weightless = (config: ConfigSnapshot, name: string): string | undefined =>
    config.get(HouseSettings).providers[name]!.weight === 0 ? 'it weighs nothing' : undefined;

  it('is what somebody needs; the rest is not there', async () => {
    place.config({
      gateway: { auth: { mode: 'none' } },
      house: {
        providers: { off: { weight: 0, key: ref('OFF') }, on: { weight: 1, key: ref('ON') } },
        keys: [ref('KEYS')],
      },
    });
    const { snapshot, secrets: use } = await place.load({}, { settings, secrets, surfaces });

    expect(snapshot.get(HouseSettings).providers).toMatchObject({ on: { key: 'ONON' }, off: { weight: 0 } });
    expect(snapshot.get(HouseSettings).providers['off']!.key).toBeUndefined();
    expect(use.active.map(({ path }) => path)).toEqual(['house.providers.on.key']);
    expect(use.inactive.map(({ path, reason }) => `${path}: ${reason}`)).toEqual([
      'house.providers.off.key: it weighs nothing',
      'house.keys.0: gateway.auth.mode is "none"',
    ]);
  });

  it('nothing while anything else is wrong, and all that is wrong is told at once', async () => {
    place.config({ gatway: {}, house: { providers: { one: { weight: 'x', key: ref('KEY') } } } });
    await expect(place.refusal({}, { settings, secrets, surfaces })).resolves.toEqual([
      expect.stringContaining('gatway'),
      expect.stringContaining('house.providers.one.weight'),
    ]);
    expect(secrets.asked).toEqual([]);
  });

  it('is needed in case of doubt: a surface that cannot be told because something is missing counts as active', async () => {
    place.config({ gateway: { auth: { token: ref('HOUSE_KEY_OF_SIXTEEN') } }, house: { keys: [ref('KEYS')] } });
    const rule = jest.fn(() => []);
    await place.load({}, { settings, secrets, surfaces, rules: [rule] });
    expect(secrets.asked[0]!.active.map(({ path }) => path)).toEqual(['gateway.auth.token', 'house.keys.0']);
    expect(rule).toHaveBeenCalledTimes(2); // before the secrets are there, and after
  });
});
