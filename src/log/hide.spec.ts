import { hider } from './hide.js';

describe('known secrets in a line of the log', () => {
  it('are hidden wherever they stand, escaped or not, the longest first', () => {
    const hide = hider(['secret-of-the-house', 'secret-of-the-house-2', 'with "quotes" in it']);
    const line = JSON.stringify({
      msg: 'a secret-of-the-house-2 b',
      deep: ['secret-of-the-house', 'with "quotes" in it'],
    });

    expect(hide(line)).toBe('{"msg":"a [hidden] b","deep":["[hidden]","[hidden]"]}');
  });

  it('are taken as they are, and short ones left alone', () => {
    expect(hider(['a.b*c(d)+', 'short'])('{"x":"a.b*c(d)+ aXbbc(d)+ short"}')).toBe('{"x":"[hidden] aXbbc(d)+ short"}');
  });
});
