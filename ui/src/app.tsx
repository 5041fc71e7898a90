import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { arrival } from './arrival.js';
import { Porch, Shell } from './components/shell.js';
import { PAGES } from './pages.js';
import { SetupLinkPage } from './pages/setup-link.js';
import { SignInPage } from './pages/sign-in.js';
import { go, route } from './router.js';
import { presence } from './session.js';
import { useStore } from './store.js';

/** The page for where one is and who one is. */
export function App(): JSX.Element {
  const here = useStore(presence);
  const name = useStore(route);
  const { setup } = useStore(arrival);
  const page = PAGES.find((entry) => entry.name === name);

  if (setup !== undefined)
    return (
      <Porch>
        <SetupLinkPage />
      </Porch>
    );
  if (page?.who === 'anyone')
    return (
      <Porch>
        <page.Page />
      </Porch>
    );
  if (here.state === 'unknown') return <Waiting />;
  if (here.state === 'in') {
    if (page?.who !== 'person') return <Elsewhere to="tokens" />;
    return (
      <Shell person={here.person} page={name}>
        <page.Page />
      </Shell>
    );
  }
  if (page?.who === 'stranger')
    return (
      <Porch>
        <page.Page />
      </Porch>
    );
  if (page?.who === 'person')
    return (
      <Porch>
        <SignInPage />
      </Porch>
    );
  return <Elsewhere to="sign-in" />;
}

function Elsewhere({ to }: { readonly to: string }): null {
  useEffect(() => go(to, 'replace'), [to]);
  return null;
}

function Waiting(): JSX.Element {
  return (
    <main class="waiting">
      <p role="status">One moment …</p>
    </main>
  );
}
