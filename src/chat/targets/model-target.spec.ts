import { modelRefText } from '../../credentials/model-ref.js';
import { HOUSE_TENANT } from '../../kernel/identity.js';
import { Catalogue, groundOf } from './catalogue.js';
import { modelList, modelNamed } from './model-list.js';
import { modelTarget, type Wish } from './model-target.js';

const TENANT = '11111111-1111-4111-8111-111111111111';
const OTHER = '22222222-2222-4222-8222-222222222222';

const GROUND = groundOf({
  mode: 'merge',
  providers: {
    local: { baseUrl: 'http://127.0.0.1:1/v1', models: ['small', { id: 'shared' }] },
    lab: { baseUrl: 'https://lab.example.com/v1', models: ['shared', 'org/big'], tenants: [TENANT] },
  },
  failover: { enabled: true, providers: [] },
  agents: [
    { id: 'main', default: true, model: { primary: 'local/small', fallbacks: ['lab/org/big'] } },
    { id: 'secret', model: 'lab/shared', tenants: [TENANT] },
    { id: 'mute', model: { fallbacks: [] } },
  ],
  defaults: { models: { 'openai/gpt-x': { alias: 'Best' } } },
});

const said = (wish: Wish, tenantId = HOUSE_TENANT): string => {
  const { agent, models } = modelTarget(wish, new Catalogue(GROUND, tenantId));
  return [agent.id, ...models.map(modelRefText)].join(' ');
};

describe('what a caller names', () => {
  // prettier-ignore
  it.each<[string, Wish, string]>([
    ['nothing',                        {},                                          'main local/small lab/org/big'],
    ['openclaw',                       { model: 'openclaw' },                       'main local/small lab/org/big'],
    ['doorward',                       { model: 'Doorward' },                       'main local/small lab/org/big'],
    ['default',                        { model: 'default' },                        'main local/small lab/org/big'],
    ['openclaw/default',               { model: 'openclaw/default' },               'main local/small lab/org/big'],
    ['an agent',                       { model: 'openclaw/secret' },                'secret lab/shared'],
    ['an agent, with a colon',         { model: 'doorward:SECRET' },                'secret lab/shared'],
    ['an agent, the old way',          { model: 'agent:secret' },                   'secret lab/shared'],
    ['provider/model',                 { model: 'openai/gpt-y' },                   'main openai/gpt-y'],
    ['provider/org/model',             { model: 'openrouter/anthropic/opus' },      'main openrouter/anthropic/opus'],
    ['provider:model',                 { model: 'openai:gpt-y' },                   'main openai/gpt-y'],
    ['an alias',                       { model: 'best' },                           'main openai/gpt-x'],
    ['the name of a listed model',     { model: 'small' },                          'main local/small'],
    ['one with a slash in it',         { model: 'org/big' },                        'main lab/org/big'],
    ['an agent in a header',           { model: 'openclaw', agent: 'secret' },      'secret lab/shared'],
    ['the header against the model',   { model: 'openclaw/main', agent: 'secret' }, 'secret lab/shared'],
    ['a model of that agent’s choice', { model: 'small', agent: 'secret' },         'secret local/small'],
    ['another model for an agent',     { model: 'openclaw/secret', override: 'best' }, 'secret openai/gpt-x'],
    ['a path that is none',            { model: 'openai/../../x?y#z' },             'main openai/../../x?y#z'],
  ])('%s', (_, wish, target) => {
    expect(said(wish)).toBe(target);
  });

  // prettier-ignore
  it.each<[string, Wish, string, RegExp]>([
    ['an unknown agent',       { model: 'openclaw/nobody' },     'model_not_found', /no such agent: nobody; there are openclaw\/main/],
    ['one in a header',        { agent: 'nobody' },              'model_not_found', /no such agent: nobody/],
    ['an unknown model',       { model: 'gpt-5' },               'model_not_found', /no such model: gpt-5; GET \/v1\/models/],
    ['an unknown provider',    { model: 'nowhere/x' },           'model_not_found', /no such model: nowhere\/x/],
    ['a path',                 { model: '../../x?y#z' },         'model_not_found', /no such model/],
    ['a name of two models',   { model: 'shared' },              'model_not_found', /local\/shared, lab\/shared: name one/],
    ['an agent without model', { model: 'openclaw/mute' },       'model_not_found', /set agents.defaults.model/],
    ['an empty name',          { model: '' },                    'invalid_request', /model: must be/],
    ['an endless one',         { model: 'x'.repeat(257) },       'invalid_request', /model: must be/],
    ['a line end',             { override: 'a\nb' },             'invalid_request', /override: must be/],
    ['half a character',       { agent: '\ud800' },              'invalid_request', /agent: must be/],
  ])('%s is refused', (_, wish, code, message) => {
    expect(() => said(wish)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe('what a tenant sees', () => {
  const names = (tenantId: string): string[] => modelList(new Catalogue(GROUND, tenantId)).map(({ id }) => id);

  it('is everything for the house and for whom it is open', () => {
    const all = ['openclaw', 'openclaw/default', 'openclaw/main', 'openclaw/secret', 'openclaw/mute'];
    expect(names(HOUSE_TENANT)).toEqual([...all, 'local/small', 'local/shared', 'lab/shared', 'lab/org/big']);
    expect(names(TENANT)).toEqual(names(HOUSE_TENANT));
  });

  it('is nothing that is closed to it, and what is closed is not there', () => {
    expect(names(OTHER)).toEqual([
      'openclaw',
      'openclaw/default',
      'openclaw/main',
      'openclaw/mute',
      'local/small',
      'local/shared',
    ]);
    expect(said({}, OTHER)).toBe('main local/small');
    expect(said({ model: 'shared' }, OTHER)).toBe('main local/shared');
    for (const model of ['openclaw/secret', 'lab/shared', 'lab/anything', 'org/big']) {
      expect(() => said({ model }, OTHER)).toThrow(/no such/);
    }
  });

  it('has no agent where every one is closed', () => {
    const closed = groundOf({ ...EMPTY, agents: [{ id: 'main', tenants: [TENANT] }] });
    expect(modelList(new Catalogue(closed, OTHER))).toEqual([]);
    expect(() => modelTarget({}, new Catalogue(closed, OTHER))).toThrow(/no such agent: default/);
  });

  // prettier-ignore
  it.each([
    ['openclaw/main',  'doorward'],
    ['doorward',       'doorward'],
    ['local/small',    'local'],
    ['small',          'local'],
    ['openai/gpt-y',   'openai'],
    ['best',           'openai'],
  ])('%s by name is of %s', (id, owner) => {
    expect(modelNamed(id, new Catalogue(GROUND, HOUSE_TENANT))).toEqual({ id, owner });
  });
});

const EMPTY = {
  mode: 'replace',
  providers: {},
  failover: { enabled: true, providers: [] },
  agents: [],
  defaults: {},
} as const;
