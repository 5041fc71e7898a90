import { canonicalLogin } from './login.js';

describe('the canonical form of a login', () => {
  it.each([
    ['Owner@Example.com ', 'owner@example.com'],
    ['=?utf-8?q?J=C3=BCrgen=40example.com?=', 'jürgen@example.com'],
    ['=?UTF-8?Q?J=c3=bcrgen?= =?utf-8?q?_M?=', 'jürgen m'],
    ['=?utf-8?b?b3duZXI=?=', '=?utf-8?b?b3duzxi=?='],
    ['=?utf-8?q?=ZZ=C3?=', '=zz\ufffd'],
    ['', ''],
  ])('%j is %j', (header, login) => {
    expect(canonicalLogin(header)).toBe(login);
  });
});
