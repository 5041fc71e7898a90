import type { ComponentChildren, JSX } from 'preact';
import { addressOf, pageAt } from './base.js';
import { Store } from './store.js';

/** The page that is shown, by the last part of its path. Queries are not read: nobody steers the console by a link (S190). */
export const route = new Store(pageAt(location.pathname));

addEventListener('popstate', () => {
  route.value = pageAt(location.pathname);
});

/** Shows another page. `replace` leaves no step to go back to. */
export function go(page: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', addressOf(page));
  else history.replaceState(null, '', addressOf(page));
  route.value = page;
}

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  /** Whether it leads to where one is. */
  readonly here?: boolean;
  readonly children: ComponentChildren;
}

/** A link to a page of the console, that loads nothing. Opened in a new tab it is a link like any other. */
export function Link({ to, here, children, ...rest }: LinkProps): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={addressOf(to)} onClick={follow} aria-current={here ? 'page' : undefined} {...rest}>
      {children}
    </a>
  );
}
