import { findEntry, normalise } from './argv.js';

describe('the words of the command line', () => {
  // prettier-ignore
  it.each([
    ['gateway',                              'gateway run'],
    ['gateway --port 1',                     'gateway run --port 1'],
    ['gateway --help',                       'gateway --help'],
    ['gateway statuss',                      'gateway statuss'],
    ['--json status',                        'status --json'],
    ['--url http://h --json tokens list',    'tokens list --url http://h --json'],
    ['--url=http://h health',                'health --url=http://h'],
    ['--version',                            '--version'],
  ])('%s → %s', (given, meant) => {
    expect(normalise(given.split(' '))).toEqual(meant.split(' '));
  });

  it('name a command only as whole words', () => {
    expect(findEntry(['tokens', 'list', '--json'])?.path).toBe('tokens list');
    expect(findEntry(['tokens'])).toBeUndefined();
    expect(findEntry(['statusx'])).toBeUndefined();
  });
});
