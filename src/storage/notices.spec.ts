import { describe, expect, it } from '@jest/globals';
import { Notices } from './notices.js';

describe('notices', () => {
  it('tell of a gap when the channel goes and when it comes back, not when it comes up first', () => {
    const notices = new Notices();
    const gaps: boolean[] = [];
    notices.onGap(() => gaps.push(notices.live));

    notices.up();
    notices.up();
    expect(gaps).toEqual([]);
    notices.down();
    notices.down();
    notices.up();
    expect(gaps).toEqual([false, true]);
  });

  it('reach everybody who has not stopped listening', () => {
    const notices = new Notices();
    const heard: string[] = [];
    notices.onNotice((payload) => heard.push(`a ${payload}`));
    const stop = notices.onNotice((payload) => heard.push(`b ${payload}`));

    notices.tell('1');
    stop();
    notices.tell('2');

    expect(heard).toEqual(['a 1', 'b 1', 'a 2']);
  });
});
