import { validateSync } from 'class-validator';
import { tailscaleConfig } from '../helpers/tailscale.js';
import { AUTH_MODES } from '../../src/auth/auth.settings.js';
import {
  TAILSCALE_MODES,
  type TailscaleMode,
  type TailscalePolicy,
  TailscaleSettings,
  tailscalePolicy,
  tailscaleRules,
} from '../../src/auth/tailscale/tailscale.settings.js';

type Word = TailscalePolicy['identity'];
type Row = [
  mode: TailscaleMode,
  allow: boolean | undefined,
  exposure: TailscalePolicy['exposure'],
  ...identity: Word[],
];

const NO = 'disabled';
const WS = 'websocket';

// prettier-ignore
const TABLE: Row[] = [
  //                                    auth.mode: unset      none       token      password   trusted-proxy
  ['off',      undefined, 'off',                   NO,        NO,        NO,        NO,        NO],
  ['off',      true,      'off',                   WS,        WS,        WS,        WS,        WS],
  ['off',      false,     'off',                   NO,        NO,        NO,        NO,        NO],
  ['serve',    undefined, 'serve',                 WS,        WS,        WS,        NO,        NO],
  ['serve',    true,      'serve',                 WS,        WS,        WS,        WS,        WS],
  ['serve',    false,     'serve',                 NO,        NO,        NO,        NO,        NO],
  ['funnel',   undefined, 'funnel',                NO,        NO,        NO,        NO,        NO],
  ['funnel',   true,      'funnel',                NO,        NO,        NO,        NO,        NO],
  ['funnel',   false,     'funnel',                NO,        NO,        NO,        NO,        NO],
  ['enabled',  undefined, 'external',              'enabled', 'enabled', 'enabled', 'enabled', 'enabled'],
  ['enabled',  true,      'external',              'enabled', 'enabled', 'enabled', 'enabled', 'enabled'],
  ['enabled',  false,     'external',              NO,        NO,        NO,        NO,        NO],
  ['require',  undefined, 'external',              'require', 'require', 'require', 'require', 'require'],
  ['require',  true,      'external',              'require', 'require', 'require', 'require', 'require'],
  ['require',  false,     'external',              'require', 'require', 'require', 'require', 'require'],
  ['disabled', undefined, 'off',                   NO,        NO,        NO,        NO,        NO],
  ['disabled', true,      'off',                   NO,        NO,        NO,        NO,        NO],
  ['disabled', false,     'off',                   NO,        NO,        NO,        NO,        NO],
];

const CASES = TABLE.flatMap(([mode, allowTailscale, exposure, ...identities]) =>
  [undefined, ...AUTH_MODES].map((authMode, column) => ({
    mode,
    allowTailscale,
    authMode,
    expected: { exposure, identity: identities[column] },
  })),
);

describe('what the words of gateway.tailscale.mode mean', () => {
  it('has a row for each word and each allowTailscale', () => {
    expect(CASES).toHaveLength(TAILSCALE_MODES.length * 3 * 5);
  });

  it.each(CASES)('$mode, allowTailscale $allowTailscale, auth.mode $authMode', (row) => {
    const { mode, allowTailscale, authMode, expected } = row;
    const config = tailscaleConfig({ tailscale: { mode }, auth: { allowTailscale, mode: authMode } });

    expect(tailscalePolicy(config)).toEqual(expected);
  });
});

describe('an unset auth.mode', () => {
  const identityUnder = (auth: { token?: string; password?: string; allowTailscale?: boolean }): Word =>
    tailscalePolicy(tailscaleConfig({ tailscale: { mode: 'serve' }, auth })).identity;

  it('with a password alone is password mode: serve then publishes only', () => {
    expect(identityUnder({ password: 'p' })).toBe('disabled');
    expect(identityUnder({ password: 'p', allowTailscale: true })).toBe('websocket');
  });

  it('with a token is not', () => {
    expect(identityUnder({ token: 't' })).toBe('websocket');
    expect(identityUnder({ token: 't', password: 'p' })).toBe('websocket');
  });

  it('with a password alone is enough for funnel, and with a token beside it is not', () => {
    const errors = (auth: { token?: string; password?: string }): number =>
      tailscaleRules(tailscaleConfig({ tailscale: { mode: 'funnel' }, auth })).length;

    expect(errors({ password: 'p' })).toBe(0);
    expect(errors({ token: 't', password: 'p' })).toBe(1);
  });
});

describe('what must not stand together', () => {
  const paths = (world: Parameters<typeof tailscaleConfig>[0]): string[] =>
    tailscaleRules(tailscaleConfig(world)).map(({ path }) => path);

  it.each(['lan', 'tailnet', 'auto'] as const)('serve on bind %s is an error with its remedy', (bind) => {
    const errors = tailscaleRules(tailscaleConfig({ tailscale: { mode: 'serve' }, gateway: { bind } }));

    expect(errors).toEqual([
      { path: 'gateway.bind', message: expect.stringContaining('Set gateway.bind to "loopback"') as string },
    ]);
  });

  it('serve on a custom address is well when that is loopback', () => {
    const custom = (customBindHost: string): string[] =>
      paths({ tailscale: { mode: 'serve' }, gateway: { bind: 'custom', customBindHost } });

    expect(custom('127.0.0.1')).toEqual([]);
    expect(custom('192.0.2.1')).toEqual(['gateway.bind']);
  });

  it.each(['enabled', 'require', 'disabled', 'off'] as const)('%s does not care for the bind', (mode) => {
    expect(paths({ tailscale: { mode }, gateway: { bind: 'lan' } })).toEqual([]);
  });

  it.each([undefined, 'none', 'token', 'trusted-proxy'] as const)('funnel with auth.mode %s is an error', (mode) => {
    expect(paths({ tailscale: { mode: 'funnel' }, auth: { mode } })).toEqual(['gateway.tailscale.mode']);
  });

  it('funnel with a password on loopback is well', () => {
    expect(paths({ tailscale: { mode: 'funnel' }, auth: { mode: 'password' } })).toEqual([]);
  });

  it('require with allowTailscale false is an error, and errors come together', () => {
    expect(paths({ tailscale: { mode: 'require' }, auth: { allowTailscale: false } })).toEqual([
      'gateway.auth.allowTailscale',
    ]);
    expect(paths({ tailscale: { mode: 'funnel' }, gateway: { bind: 'lan' } })).toHaveLength(2);
  });
});

describe('the settings themselves', () => {
  const wrong = (part: object): string[] =>
    validateSync(Object.assign(new TailscaleSettings(), part)).map(({ property }) => property);

  it('S055: an unknown word stops the start', () => {
    expect(wrong({ mode: 'on' })).toEqual(['mode']);
    expect(wrong({ mode: true })).toEqual(['mode']);
    expect(TAILSCALE_MODES.flatMap((mode) => wrong({ mode }))).toEqual([]);
  });

  it('takes absolute paths only', () => {
    expect(wrong({ command: 'tailscale', socket: './tailscaled.sock' })).toEqual(['socket', 'command']);
    expect(wrong({ command: '/usr/bin/tailscale', socket: '/run/tailscale/tailscaled.sock' })).toEqual([]);
  });
});
