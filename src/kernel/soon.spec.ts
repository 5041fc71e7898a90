import { soon } from './soon.js';

describe('soon', () => {
  it('returns what is answered at once, without a promise', () => {
    expect(soon((answer) => answer(null, 7))).toBe(7);
  });

  it('throws a fault that is there at once', () => {
    expect(() => soon((answer) => answer(new RangeError('no')))).toThrow(RangeError);
  });

  it('promises what is answered later', async () => {
    const later = soon((answer) => setImmediate(() => answer(undefined, 'late')));

    expect(later).toBeInstanceOf(Promise);
    await expect(later).resolves.toBe('late');
  });

  it('rejects with a fault that comes later', async () => {
    await expect(soon((answer) => setImmediate(() => answer(new RangeError('no'))))).rejects.toThrow(RangeError);
  });

  it('keeps the first answer', async () => {
    expect(
      soon((answer) => {
        answer(null, 'first');
        answer(new Error('second'));
      }),
    ).toBe('first');
    await expect(
      soon((answer) =>
        setImmediate(() => {
          answer(null, 'first');
          answer(new Error('second'));
        }),
      ),
    ).resolves.toBe('first');
  });
});
