import { colourWanted } from './colour.js';

describe('colour', () => {
  // prettier-ignore
  it.each([
    // terminal  variables                              coloured
    [true,       {},                                    true],
    [false,      {},                                    false],
    [true,       { NO_COLOR: '1' },                     false],
    [true,       { NO_COLOR: '' },                      true],
    [true,       { TERM: 'dumb' },                      false],
    [true,       { CLICOLOR: '0' },                     false],
    [false,      { FORCE_COLOR: '1' },                  true],
    [true,       { FORCE_COLOR: '0' },                  false],
    [false,      { FORCE_COLOR: '1', NO_COLOR: '1' },   true],
  ])('terminal %s, %j → %s', (isTTY, variables, coloured) => {
    expect(colourWanted({ isTTY }, variables)).toBe(coloured);
  });
});
