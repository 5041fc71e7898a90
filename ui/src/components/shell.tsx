import type { ComponentChildren, JSX } from 'preact';
import { Link } from '../router.js';
import { leave, type Person } from '../session.js';
import { useTask } from '../task.js';
import { Mark } from './mark.js';
import { Failed } from './notice.js';
import { ThemeSwitch } from './theme-switch.js';

const NAVIGATION = [
  ['tokens', 'Gateway tokens'],
  ['sessions', 'Sessions'],
  ['device', 'Approve a sign-in'],
] as const;

interface ShellProps {
  readonly page: string;
  readonly children: ComponentChildren;
}

/** Around the pages of somebody who is signed in: where one can go, and as whom. */
export function Shell({ person, page, children }: ShellProps & { readonly person: Person }): JSX.Element {
  const task = useTask();
  return (
    <>
      <SkipLink />
      <header class="top">
        <div class="top-inner">
          <Link to="tokens" class="brand">
            <Mark /> Doorward
          </Link>
          <nav aria-label="Pages">
            {NAVIGATION.map(([to, name]) => (
              <Link key={to} to={to} here={to === page}>
                {name}
              </Link>
            ))}
          </nav>
          <Whoami person={person} />
          <button type="button" onClick={() => task.run(leave)}>
            Sign out
          </button>
        </div>
      </header>
      <main id="content">
        <Failed error={task.error} />
        {children}
      </main>
      <Foot />
    </>
  );
}

/** Around the pages of somebody who is not. */
export function Porch({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <SkipLink />
      <header class="porch-top">
        <Link to="" class="brand">
          <Mark /> Doorward
        </Link>
      </header>
      <main id="content" class="porch">
        <div class="card">{children}</div>
      </main>
      <Foot />
    </>
  );
}

function Whoami({ person: { user, tenant } }: { readonly person: Person }): JSX.Element {
  return (
    <section class="whoami" aria-label="Signed in as">
      <span class="who" title={user.email}>
        {user.displayName || user.email}
      </span>
      <span class="fine" title={tenant.name}>
        {user.role} · {tenant.name}
      </span>
    </section>
  );
}

function SkipLink(): JSX.Element {
  const skip = (event: Event): void => {
    event.preventDefault();
    document.querySelector('h1')?.focus();
  };
  return (
    <a class="skip" href="#content" onClick={skip}>
      Skip to content
    </a>
  );
}

function Foot(): JSX.Element {
  return (
    <footer class="foot">
      <span>Doorward on {location.host}</span>
      <ThemeSwitch />
    </footer>
  );
}
