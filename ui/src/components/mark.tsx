import type { JSX } from 'preact';

/** The door. Decoration: the word stands beside it. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect class="mark-ground" width="32" height="32" rx="8" />
      <g class="mark-line" fill="none" stroke-width="2.5" stroke-linecap="round">
        <path d="M9 26V13a7 7 0 0 1 14 0v13" />
        <path d="M16 18v5" />
      </g>
      <circle class="mark-dot" cx="16" cy="17" r="2.25" />
    </svg>
  );
}
