import { Store } from './store.js';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'doorward-theme';

const isTheme = (value: unknown): value is Theme => THEMES.includes(value as Theme);

/** Storage may be forbidden; then the choice lasts as long as the page. */
function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return isTheme(value) ? value : 'system';
  } catch {
    return 'system';
  }
}

/** Light, dark, or what the system says: the one thing that this console keeps in the browser. */
export const theme = new Store<Theme>(kept());

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  show();
  try {
    if (chosen === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
  } catch {
    // As above.
  }
}

/** Hands the choice to the style sheet. */
export function show(): void {
  document.documentElement.dataset['theme'] = theme.value;
}
