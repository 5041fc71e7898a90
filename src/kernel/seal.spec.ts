import { randomBytes } from 'node:crypto';
import { open, seal, sealedWith, SealingKey, Unsealable } from './seal.js';

const key = new SealingKey(randomBytes(32));
const other = new SealingKey(randomBytes(32));

describe('what is sealed', () => {
  it('opens with its key and purpose, whatever it holds', () => {
    for (const plain of ['', 'a secret', 'Schlüssel 🗝', 'x'.repeat(10_000)]) {
      expect(open(seal(plain, key, 'row:1'), key, 'row:1')).toBe(plain);
    }
  });

  it('never looks the same twice, and names its key', () => {
    const one = seal('a secret', key, 'row:1');

    expect(seal('a secret', key, 'row:1')).not.toBe(one);
    expect(sealedWith(one)).toBe(key.id);
    expect(one).not.toContain('secret');
  });

  const sealed = seal('a secret', key, 'row:1');
  const last = sealed.endsWith('A') ? 'B' : 'A';

  it.each([
    ['with another key', sealed, other, 'row:1'],
    ['in another place', sealed, key, 'row:2'],
    [
      'with another first byte',
      sealed.replace(/\.(.)([^.]*)$/, (_, c: string, rest: string) => `.${c === 'A' ? 'B' : 'A'}${rest}`),
      key,
      'row:1',
    ],
    ['with another last character', sealed.slice(0, -2) + last + last, key, 'row:1'],
    ['cut short', sealed.slice(0, 30), key, 'row:1'],
    ['that never was', 'a secret', key, 'row:1'],
  ])('does not open %s', (_, text, with_, purpose) => {
    expect(() => open(text, with_, purpose)).toThrow(Unsealable);
  });

  it('takes a key of 32 bytes only', () => {
    expect(() => new SealingKey(randomBytes(16))).toThrow('32 bytes');
  });
});
