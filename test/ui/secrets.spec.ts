import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Page } from 'playwright-core';
import { hasChromium, keptBy, type Visit } from '../helpers/browser.js';
import { given } from '../helpers/given.js';
import { until } from '../helpers/until.js';
import { House, newToken, OWNER } from './house.js';

const CODE = 'k7Qm2x_Vd-0pLr8sTzW4yB6nC1fG3hJ5';

/** Holds back the next answer of a path, once it is done; resolves with what lets it go. */
function holdOnce(server: Server, path: string): Promise<() => void> {
  return new Promise((resolve) => {
    const hold = ({ url }: IncomingMessage, response: ServerResponse): void => {
      if (url !== path) return;
      server.off('request', hold);
      const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
      response.end = ((...args: unknown[]) => {
        resolve(() => end(...args));
        return response;
      }) as typeof response.end;
    };
    server.prependListener('request', hold);
  });
}

given(hasChromium, 'what a browser gets to keep', () => {
  let house: House;
  let visitor: Visit;
  let page: Page;

  beforeAll(async () => {
    house = await House.open();
    visitor = await house.visit();
    ({ page } = visitor);
    await house.signUpOwner(page);
  }, 120_000);
  afterAll(() => house?.close());

  it('S191: the refresh token is in a cookie that no script reads and no other site sends; nothing else is kept', async () => {
    const token = await newToken(page, 'kept nowhere');
    const cookies = await visitor.context.cookies();

    expect(cookies.map(({ name, path, httpOnly, sameSite }) => ({ name, path, httpOnly, sameSite }))).toEqual([
      { name: 'doorward_refresh', path: '/auth', httpOnly: true, sameSite: 'Strict' },
    ]);
    const kept = await keptBy(page);
    expect(JSON.parse(kept)).toEqual({
      local: {},
      session: {},
      databases: [],
      caches: [],
      state: null,
      name: '',
      cookies: '',
    });
    expect(visitor.addresses.join('\n')).not.toMatch(new RegExp(`${token}|${cookies[0]!.value}|eyJ`));
    expect(await page.content()).not.toMatch(new RegExp(`${token}|${cookies[0]!.value}|eyJ`));
  });

  it('stays signed in over a reload, by the cookie alone', async () => {
    await page.reload();

    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Gateway tokens');
  });

  it.each([
    ['/verify-email', 'code', 'Verify your e-mail address'],
    ['/reset-password', 'code', 'Choose a new password'],
    ['/device', 'user_code', 'Approve a sign-in'],
  ])('S191: the code of %s#%s=… is out of the address at once, and not in the history', async (path, name, heading) => {
    const other = await house.visit();
    await other.page.goto('/sessions');
    await house.signIn(other.page);
    await other.page.goto(`${path}#${name}=${CODE}`);
    await other.page.getByRole('heading', { name: heading, level: 1 }).waitFor();

    expect(other.page.url()).toBe(`${house.gateway.url}${path}`);
    await other.page.goBack();
    await other.page.goForward();
    expect(other.page.url()).toBe(`${house.gateway.url}${path}`);
    expect(await keptBy(other.page)).not.toContain(CODE);
    await other.context.close();
    // What stands behind # is sent to no server.
    const asked = other.addresses.filter((address) => address.includes(CODE));
    expect(asked.every((address) => address.includes(`#${name}=${CODE}`))).toBe(true);
  });

  it('S190: a link that names another gateway changes nothing, and nothing goes there', async () => {
    const other = await house.visit();
    await other.page.goto(
      '/sign-in?gatewayUrl=wss://evil.example/&url=https://evil.example#gateway=https://evil.example',
    );
    await house.signIn(other.page);

    expect(other.misdeeds.strangers).toEqual([]);
    expect(other.page.url()).not.toContain('evil');
  });

  it('nobody else can show the console in a frame', async () => {
    const other = await house.visit();
    await other.page.route('https://attacker.example/', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<iframe src="${house.gateway.url}/sign-in"></iframe>` }),
    );
    await other.page.goto('https://attacker.example/');
    const [, frame] = other.page.frames();
    await until('the browser has put an error into the frame', () => frame!.url().startsWith('chrome-error:'));

    expect(await frame!.locator('#app').count()).toBe(0);
  });

  describe('text that pretends to be a page', () => {
    const EVIL = `<img src=x onerror="window.hit=1"><script>window.hit=1</script><a href="javascript:window.hit=1">x</a>`;

    it('stays text: in the name of a token', async () => {
      await newToken(page, EVIL.slice(0, 90));

      await page.getByText(EVIL.slice(0, 40), { exact: false }).first().waitFor();
      expect(await page.evaluate('window.hit')).toBeUndefined();
    });

    it('stays text: in the name of a client that waits, and of its program', async () => {
      const body = `client_id=${encodeURIComponent('doorward-cli')}`;
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': EVIL };
      const begun = await house.gateway.call('/oauth/device_authorization', { method: 'POST', headers, body });
      await page.goto('/device');
      await page.getByLabel('Code').fill((begun.body as { user_code: string }).user_code);
      await page.getByRole('button', { name: 'Continue' }).click();

      await page.getByText('<img src=x', { exact: false }).waitFor();
      expect(await page.evaluate('window.hit')).toBeUndefined();
    });

    it('stays text: in the agent of a session, and in an address', async () => {
      const headers = { 'user-agent': EVIL };
      const { email, password } = OWNER;
      await house.gateway.call('/auth/login', { method: 'POST', headers, body: { email, password } });
      await page.goto(`/sign-in#error=${encodeURIComponent(EVIL)}&code=${encodeURIComponent(EVIL)}`);
      await page.goto('/sessions');

      await page.getByText('<img src=x', { exact: false }).waitFor();
      expect(await page.evaluate('window.hit')).toBeUndefined();
    });

    it('would not run, if it got into the page', async () => {
      const refused = await page.evaluate(`(() => {
        const place = document.createElement('div');
        document.body.append(place);
        try { place.innerHTML = '<b>x</b>'; return 'taken'; } catch (error) { return error.name; }
      })()`);
      const script = await page.evaluate(`new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => resolve(violatedDirective), { once: true });
        const image = new Image();
        image.src = 'https://evil.example/pixel.png';
      })`);

      expect([refused, script]).toEqual(['TypeError', 'img-src']);
    });
  });

  it('an access token that ran out is renewed once, and what was asked for is asked again', async () => {
    const other = await house.visit();
    await other.page.goto('/');
    await house.signIn(other.page);
    let refused = 0;
    await other.page.route('**/auth/sessions', (route) => {
      refused += 1;
      const error = { code: 'token_expired', message: 'Unauthorized', type: 'unauthorized', requestId: 'x' };
      return refused <= 1 ? route.fulfill({ status: 401, json: { error } }) : route.continue();
    });
    const before = other.addresses.filter((address) => address.endsWith('/auth/refresh')).length;
    await other.page.getByRole('link', { name: 'Sessions' }).click();
    await other.page.getByText('This browser').waitFor();

    expect(other.addresses.filter((address) => address.endsWith('/auth/refresh')).length - before).toBe(1);
  });

  it('many tabs that open at once stay signed in: they renew one after the other', async () => {
    const other = await house.visit();
    await other.page.goto('/');
    await house.signIn(other.page);
    const tabs = await Promise.all(Array.from({ length: 5 }, () => other.context.newPage()));
    await Promise.all(tabs.map((tab) => tab.goto('/sessions')));

    await Promise.all(tabs.map((tab) => tab.getByText('This browser').waitFor()));
    await other.page.reload();
    await other.page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await house.world.rows(`SELECT 1 FROM user_sessions WHERE end_reason = 'replay'`)).toEqual([]);
  });

  it('a page that is left while it renews loses nothing: the next one goes on', async () => {
    const other = await house.visit();
    await other.page.goto('/');
    await house.signIn(other.page);
    const held = holdOnce(house.gateway.app.getHttpServer() as Server, '/auth/refresh');
    await other.page.reload({ waitUntil: 'commit' });
    const release = await held;
    const again = other.page.waitForRequest('**/auth/refresh');
    await other.page.goto('/sessions', { waitUntil: 'commit' }).finally(release);
    await again;

    await other.page.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await house.world.rows(`SELECT 1 FROM user_sessions WHERE end_reason = 'replay'`)).toEqual([]);
  });

  it('signing out in one tab signs the others out', async () => {
    const other = await house.visit();
    await other.page.goto('/');
    await house.signIn(other.page);
    const tab = await other.context.newPage();
    await tab.goto('/sessions');
    await tab.getByText('This browser').waitFor();
    await other.page.getByRole('button', { name: 'Sign out' }).click();

    await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tab.reload();
    await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await other.context.cookies()).toEqual([]);
  });

  it('a session that was ended elsewhere ends here, and says why', async () => {
    const other = await house.visit();
    await other.page.goto('/');
    await house.signIn(other.page);
    await other.page.getByRole('listitem').first().waitFor();
    await house.world.rows(`UPDATE user_sessions SET revoked_at = now() WHERE revoked_at IS NULL`);
    await other.page.getByRole('link', { name: 'Sessions' }).click();

    await other.page.getByText('Your sign-in was ended.').waitFor();
    expect(await other.page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in');
  });

  it('the page did nothing on all that way that it may not', () => {
    const { strangers, faults, complaints } = visitor.misdeeds;

    expect({ strangers: strangers.filter((address) => !address.startsWith('https://evil.example')), faults }).toEqual({
      strangers: [],
      faults: [],
    });
    // Two complaints were asked for above.
    expect(complaints.filter((text) => !/TrustedHTML|evil\.example/.test(text))).toEqual([]);
  });
});
