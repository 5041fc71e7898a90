import { CLIENT_SETTINGS } from '../../src/config/read-settings.js';
import { settingsOf } from '../../src/config/setting-list.js';
import { RULES, SETTINGS } from '../../src/settings.js';
import { Place } from './place.js';

const TOKEN = 'c0ffee'.repeat(8);

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

describe('what the manuals of the family print', () => {
  it.each([
    // file                          content                                                                   not used
    ['.clawdbot/config.json', `{"gateway":{"auth":{"mode":"token","token":"${TOKEN}"}}}`, []],
    ['.openclaw/openclaw.yaml', `gateway:\n  auth:\n    token: "${TOKEN}"\n`, []],
    ['.openclaw/openclaw.yaml', `gateway:\n  auth:\n    password: "${TOKEN}"\n`, []],
    ['.openclaw/config.yml', 'gateway:\n  tailscale:\n    mode: enabled  # or "require"\n', []],
    ['.openclaw/config.yml', 'gateway:\n  bind: loopback  # only accessible from localhost\n', []],
    [
      '.openclaw/openclaw.yaml',
      'gateway:\n  auth:\n    trustedProxy:\n      enabled: true\n      header: "X-Forwarded-User"\n  trustedProxies:\n    - "10.0.0.1"\n    - "192.168.1.0/24"\n',
      [],
    ],
    [
      '.openclaw/openclaw.json',
      '{ gateway: { bind: "loopback", trustedProxies: ["10.0.0.1", "172.17.0.1"], auth: { mode: "trusted-proxy", trustedProxy: { userHeader: "x-forwarded-user", requiredHeaders: ["x-forwarded-proto"], allowUsers: ["nick@example.com"] } } } }',
      [],
    ],
    ['.special-agent/special-agent.json5', `{ gateway: { auth: { mode: "password", password: "${TOKEN}" }, }, }`, []],
    ['.special-agent/special-agent.json5', '{ gateway: { trustedProxies: ["10.0.0.0/8", "172.16.0.0/12"] } }', []],
    [
      '.special-agent/special-agent.json5',
      '{ models: { providers: { "my-provider": { type: "openai", baseUrl: "https://api.example.com/v1", apiKey: "sk-..." } } } }',
      [],
    ],
    [
      '.special-agent/special-agent.json5',
      '{ models: { providers: { ollama: { type: "openai", baseUrl: "http://localhost:11434/v1" } } }, agents: { list: [{ id: "team-a", model: { provider: "provider-a" } }, { id: "team-b", model: { provider: "provider-b" } }] } }',
      [],
    ],
    [
      '.openclaw/openclaw.json',
      '{ secrets: { providers: { vault: { source: "exec", command: "/bin/vault" } } }, channels: {}, tools: {}, env: { shellEnv: { enabled: false } } }',
      ['channels', 'tools'],
    ],
  ])('%s with %s is a configuration', async (name, content, unused) => {
    place.write({ [name]: content });
    const { unusedSections } = await place.load({}, { settings: SETTINGS, rules: RULES });
    expect(unusedSections).toEqual(unused);
  });
});

describe('the settings of all parts', () => {
  const specs = SETTINGS.flatMap((type) => settingsOf(type));

  it('stand at paths of their own: two parts that declare one setting would judge it twice', () => {
    const paths = specs.map(({ path }) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  it('have names of their own in the environment', () => {
    const names = specs.flatMap(({ traits }) => traits.env ?? []);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(Object.entries(CLIENT_SETTINGS))('%s is found by the command line as by the server', (path, setting) => {
    const spec = specs.find((candidate) => candidate.path === path)!;
    expect({ kind: 'other', secret: false, ...setting }).toEqual({
      env: spec.traits.env,
      kind: spec.kind,
      secret: spec.traits.secret ?? false,
    });
  });
});
