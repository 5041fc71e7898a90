import { type ModelDirective, parseModelDirective, splitProfile } from './model-directive.js';

describe('/model in a message', () => {
  // prettier-ignore
  it.each<[string, ModelDirective | undefined, string]>([
    // message                                   directive                                                          left
    ['/model',                                   { kind: 'list' },                                                  ''],
    ['/model list',                              { kind: 'list' },                                                  ''],
    ['/MODEL: List',                             { kind: 'list' },                                                  ''],
    ['/model status',                            { kind: 'status' },                                                ''],
    ['/model 3',                                 { kind: 'pick', number: 3 },                                       ''],
    ['/model opus',                              { kind: 'set', model: 'opus' },                                    ''],
    ['/model:opus',                              { kind: 'set', model: 'opus' },                                    ''],
    ['/model Opus@anthropic:work',               { kind: 'set', model: 'Opus', profile: 'anthropic:work' },         ''],
    ['/model anthropic/opus hello there',        { kind: 'set', model: 'anthropic/opus' },                          'hello there'],
    ['hello /model opus there',                  { kind: 'set', model: 'opus' },                                    'hello  there'],
    ['/model\nhello',                            { kind: 'list' },                                                  'hello'],
    ['/models',                                  undefined,                                                         '/models'],
    ['see /modelling',                           undefined,                                                         'see /modelling'],
    ['path/model opus',                          undefined,                                                         'path/model opus'],
    ['hello',                                    undefined,                                                         'hello'],
  ])('%j', (message, directive, text) => {
    expect(parseModelDirective(message)).toEqual({ ...(directive && { directive }), text });
  });
});

describe('<model>@<profile>', () => {
  // prettier-ignore
  it.each([
    ['anthropic/opus@anthropic:me@example.com',  'anthropic/opus',            'anthropic:me@example.com'],
    ['openrouter/anthropic/opus@work',           'openrouter/anthropic/opus', 'work'],
    ['org@home/opus',                            'org@home/opus',             undefined],
    ['opus@20251101',                            'opus@20251101',             undefined],
    ['opus@1.2.3',                               'opus@1.2.3',                undefined],
    ['opus@',                                    'opus@',                     undefined],
    ['@work',                                    '@work',                     undefined],
    ['opus',                                     'opus',                      undefined],
  ])('%s', (reference, model, profile) => {
    expect(splitProfile(reference)).toEqual({ model, ...(profile !== undefined && { profile }) });
  });
});
