import type { JSX } from 'preact';
import { useStore } from '../store.js';
import { chooseTheme, THEMES, theme } from '../theme.js';

const NAMES = { system: 'System', light: 'Light', dark: 'Dark' } as const;

/** Light, dark, or as the system says. */
export function ThemeSwitch(): JSX.Element {
  const chosen = useStore(theme);
  return (
    <fieldset class="theme-switch">
      <legend class="unseen">Colours</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={chosen === name} onChange={() => chooseTheme(name)} />
          <span>{NAMES[name]}</span>
        </label>
      ))}
    </fieldset>
  );
}
