import { soon } from './soon.js';

describe('soon', () => {
  it('is the value itself when it is answered at once', () => {
    expect(soon((answer) => answer(7))).toBe(7);
    expect(soon((answer) => answer(undefined))).toBeUndefined();
  });

  it('promises what is answered later', async () => {
    const later = soon((answer) => setImmediate(() => answer('late')));

    expect(later).toBeInstanceOf(Promise);
    await expect(later).resolves.toBe('late');
  });

  it('keeps the first answer', async () => {
    const twice = (answer: (value: string) => void): void => {
      answer('first');
      answer('second');
    };

    expect(soon(twice)).toBe('first');
    await expect(soon((answer: (value: string) => void) => setImmediate(() => twice(answer)))).resolves.toBe('first');
  });
});
