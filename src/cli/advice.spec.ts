import { ERRORS } from '../kernel/errors.js';
import { adviceFor } from './advice.js';

describe('advice', () => {
  const codes = Object.entries(ERRORS).filter(([, [status]]) => [401, 403, 429, 503].includes(status));

  it.each(codes.map(([code]) => [code]))('says what %s means and what to do', (code) => {
    expect(adviceFor(code)?.means).toMatch(/\w/);
    expect(adviceFor(code)?.next).toMatch(/\.$/);
  });

  it('has none for what is no code of ours', () => {
    expect(adviceFor('constructor')).toBeUndefined();
  });
});
