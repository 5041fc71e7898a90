import { table } from './table.js';

describe('a table', () => {
  it('is as wide as it must be, says - for nothing, and ends no line in blanks', () => {
    expect(
      table(
        ['ID', 'LABEL'],
        [
          ['1', ''],
          ['longer', 'x'],
        ],
      ),
    ).toBe('ID      LABEL\n1       -\nlonger  x');
  });
});
