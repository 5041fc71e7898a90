import { normal, passwordProblems } from './password-rules.js';

const problems = (password: string): string[] =>
  passwordProblems(password, 'Ana7@example.com').map(({ message }) => message);

describe('a new password', () => {
  it.each([
    'Tr0ub4dor&3x',
    'correct-Horse-7',
    'Ä1-übergänge',
    'Пароль-7-лес',
    `Aa1!${'x'.repeat(252)}`,
    'Aa1! with blanks ',
  ])('%j is good', (password) => {
    expect(problems(password)).toEqual([]);
  });

  it.each([
    ['Ab1!efg', /8 characters or more/],
    [`Aa1!${'x'.repeat(253)}`, /256 characters or fewer/],
    ['lower-case-7', /upper-case/],
    ['UPPER-CASE-7', /lower-case/],
    ['No-Digits-Here', /digit/],
    ['NoSymbols77', /symbol/],
    ['Password1!', /most common/],
    ['P@ssw0rd!', /most common/],
    ['Qwerty123!', /most common/],
    ['Summer2026!', /most common/],
    ['ANA7@Example.com', /e-mail address/],
  ])('%j is refused: %s', (password, why) => {
    expect(problems(password).some((message) => why.test(message))).toBe(true);
  });

  it('hears of everything at once, each under the field that it came in', () => {
    expect(passwordProblems('abc', 'a@b.c', 'newPassword')).toEqual([
      { path: 'newPassword', message: 'must have 8 characters or more' },
      { path: 'newPassword', message: 'must have an upper-case letter' },
      { path: 'newPassword', message: 'must have a digit' },
      { path: 'newPassword', message: 'must have a symbol, such as ! or -' },
    ]);
  });

  it('counts characters, not their halves', () => {
    expect(problems('Aa1!😀😀😀').some((message) => message.includes('8 characters'))).toBe(true);
  });

  it('is the same however a keyboard composes it, and otherwise as typed', () => {
    expect(normal('Gru\u0308ße-1')).toBe(normal('Grüße-1'));
    expect(normal('x²')).not.toBe(normal('x2'));
    expect(normal(' Blanks stay ')).toBe(' Blanks stay ');
  });
});
