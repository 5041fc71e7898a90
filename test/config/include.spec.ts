import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewaySettings } from '../../src/config/gateway.settings.js';
import { readSettings } from '../../src/config/read-settings.js';
import { KeySettings, LimitSettings, ModeSettings, Place } from './place.js';

const SECRET = 'a-secret-of-sixteen-and-more';

let place: Place;

beforeEach(() => (place = new Place()));
afterEach(() => place.remove());

/** A file beside the config file, or below it. */
const beside = (files: Readonly<Record<string, unknown>>): Place =>
  place.write(Object.fromEntries(Object.entries(files).map(([name, content]) => [`.doorward/${name}`, content])));

const at = (name: string): string => join(place.state, name);

describe('$include', () => {
  it('takes in a file, and what stands beside it wins', async () => {
    place.config({ $include: './base.json5', gateway: { port: 2, auth: { mode: 'token' } } });
    beside({ 'base.json5': { gateway: { port: 1, bind: 'lan', auth: { mode: 'password', token: SECRET } } } });
    const { snapshot } = await place.load();
    expect(snapshot.get(GatewaySettings)).toMatchObject({ port: 2, bind: 'lan' });
    expect(snapshot.get(ModeSettings).mode).toBe('token');
    expect(snapshot.get(KeySettings).token).toBe(SECRET);
  });

  it('takes in several, later ones over earlier ones, and replaces lists whole', async () => {
    place.config({ gateway: { auth: { $include: ['a.yaml', 'b.json5'] } } });
    beside({
      'a.yaml': 'mode: token\nallowUsers: [ana, bo]\nrateLimit: { maxAttempts: 5, strict: true }',
      'b.json5': { allowUsers: ['cy'], rateLimit: { maxAttempts: 7 } },
    });
    const { snapshot } = await place.load();
    expect(snapshot.get(ModeSettings)).toMatchObject({ mode: 'token', allowUsers: ['cy'] });
    expect(snapshot.get(LimitSettings)).toMatchObject({ maxAttempts: 7, strict: true });
  });

  it('is relative to the including file', async () => {
    place.config({ $include: 'parts/all.json5' });
    beside({ 'parts/all.json5': { gateway: { $include: './port.json5' } }, 'parts/port.json5': { port: 4321 } });
    expect((await place.load()).snapshot.get(GatewaySettings).port).toBe(4321);
  });

  it('fills variables in included files, and is read by commands too', async () => {
    place.config({ gateway: { $include: 'port.json5' } });
    beside({ 'port.json5': { port: '${MY_PORT}' } });
    expect((await place.load({ MY_PORT: '7777' })).snapshot.get(GatewaySettings).port).toBe(7777);
    expect((await readSettings(place.environment({ MY_PORT: '7778' }))).get('gateway.port')).toBe(7778);
  });

  it('does not care where in the tree it stands', async () => {
    place.config({
      channels: [{ $include: 'one.json5' }],
      gateway: { auth: { grants: { $include: 'grants.json5' } } },
    });
    beside({ 'one.json5': { a: 1 }, 'grants.json5': { ana: ['x'] } });
    const { snapshot, unusedSections } = await place.load();
    expect(snapshot.get(ModeSettings).grants).toEqual({ ana: ['x'] });
    expect(unusedSections).toEqual(['channels']);
  });

  it('follows a configuration that is itself a link, to where it really is', async () => {
    beside({ 'real/config.json5': { gateway: { $include: 'port.json5' } }, 'real/port.json5': { port: 99 } });
    beside({ 'port.json5': { port: 98 } });
    symlinkSync(at('real/config.json5'), at('doorward.json5'));
    expect((await place.load()).snapshot.get(GatewaySettings).port).toBe(99);
  });

  it('two files that include the same one are no circle', async () => {
    place.config({ $include: ['a.json5', 'b.json5'] });
    beside({
      'a.json5': { $include: 'port.json5' },
      'b.json5': { $include: 'port.json5' },
      'port.json5': { gateway: { port: 5 } },
    });
    expect((await place.load()).snapshot.get(GatewaySettings).port).toBe(5);
  });

  it('warns when an included file with a secret may be read by others', async () => {
    place.config({ gateway: { auth: { $include: 'key.json5' } } });
    beside({ 'key.json5': { token: SECRET } });
    chmodSync(at('key.json5'), 0o644);
    const { warnings } = await place.load();
    expect(warnings).toEqual([expect.stringMatching(/a secret stands in a file .*key\.json5/)]);
  });
});

describe('$include refuses', () => {
  // prettier-ignore
  it.each<[string, unknown, string]>([
    ['a number',       1,               'must be the name of a file or a list of them, and is a number'],
    ['an empty list',  [],              'must be the name of a file or a list of them, and is an empty list'],
    ['a blank name',   ['a.json5', ' '], 'must be the name of a file or a list of them, and is blank text'],
    ['a list in one',  [['a']],         'must be the name of a file or a list of them, and is a list'],
  ])('%s', async (_, named, message) => {
    place.config({ gateway: { $include: named } });
    await expect(place.refusal()).resolves.toEqual([`gateway.$include: ${message}`]);
  });

  it('what lies outside the directory of the config file, also by a link', async () => {
    const outside = join(tmpdir(), `doorward-outside-${process.pid}.json5`);
    writeFileSync(outside, '{ gateway: { port: 1 } }');
    place.config({ $include: ['../up.json5', outside, 'link.json5'] });
    place.write({ 'up.json5': {} });
    symlinkSync(outside, at('link.json5'));
    const refusal = await place.refusal();
    expect(refusal).toHaveLength(3);
    for (const line of refusal) expect(line).toMatch(/^\$include: .* lies outside .*\.doorward; only files beside/);
  });

  it('a directory whose name only begins like ours', async () => {
    place.config({ $include: '../.doorward-other/a.json5' });
    place.write({ '.doorward-other/a.json5': {} });
    await expect(place.refusal()).resolves.toEqual([expect.stringContaining('lies outside')]);
  });

  it('circles, and says which way they go', async () => {
    place.config({ gateway: { $include: 'a.json5' } });
    beside({ 'a.json5': { auth: { $include: 'b.json5' } }, 'b.json5': { grants: { $include: './a.json5' } } });
    await expect(place.refusal()).resolves.toEqual([
      `gateway.auth.grants.$include: ${at('a.json5')} includes itself, by a.json5 → b.json5 (in ${at('b.json5')})`,
    ]);
  });

  it('the config file itself', async () => {
    place.config({ $include: 'doorward.json5' });
    await expect(place.refusal()).resolves.toEqual([expect.stringContaining('includes itself, by doorward.json5')]);
  });

  it('more than ten files deep', async () => {
    place.config({ $include: '1.json5' });
    const chain = Array.from({ length: 12 }, (_, n): [string, unknown] => [
      `${n + 1}.json5`,
      { $include: `${n + 2}.json5` },
    ]);
    beside(Object.fromEntries(chain));
    await expect(place.refusal()).resolves.toEqual([
      expect.stringMatching(/11\.json5 is included more than 10 files deep/),
    ]);
  });

  it('a few files that would become very many', async () => {
    place.config({ $include: ['a1.json5', 'a1.json5'] });
    const twice = Array.from({ length: 8 }, (_, n): [string, unknown] => [
      `a${n + 1}.json5`,
      n === 7 ? {} : { $include: [`a${n + 2}.json5`, `a${n + 2}.json5`] },
    ]);
    beside(Object.fromEntries(twice));
    const refusal = await place.refusal();
    expect(refusal[0]).toMatch(/is one of more than 64 files/);
  });

  it('what cannot be read, all of it at once, each by its file', async () => {
    place.config({ $include: ['gone.json5', 'broken.json5', 'list.yaml', 'dir'], gateway: { $include: 'bad.json5' } });
    beside({ 'broken.json5': '{ a: ', 'list.yaml': '- 1', 'bad.json5': '{ auth: { constructor: 1 } }' });
    mkdirSync(at('dir'));
    const refusal = await place.refusal();
    expect(refusal).toEqual([
      expect.stringMatching(/^\$include: .*gone\.json5 cannot be read: it does not exist/),
      expect.stringMatching(/^.*broken\.json5: is not valid JSON5 at line 1/),
      expect.stringMatching(/^.*list\.yaml: must hold an object, and the content is a list/),
      expect.stringMatching(/dir/),
      expect.stringMatching(/^auth\.constructor: is not a possible key; remove it \(in .*bad\.json5\)/),
    ]);
  });

  it('names the file of a wrong setting, and only where it stands in one', async () => {
    place.config({ $include: 'base.json5', gateway: { bind: 'nowhere' } });
    beside({ 'base.json5': { gateway: { port: 'x', bind: 'lan', prot: 1 } } });
    const refusal = await place.refusal();
    const line = (path: string): string => refusal.find((one) => one.startsWith(path))!;
    expect(line('gateway.port')).toContain(`(in ${at('base.json5')})`);
    expect(line('gateway.prot')).toContain(`(in ${at('base.json5')})`);
    expect(line('gateway.bind')).not.toContain('base.json5');
  });
});
