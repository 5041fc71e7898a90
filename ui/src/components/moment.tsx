import type { JSX } from 'preact';
import { ago, exactly } from '../moments.js';

/** A moment as people say it, with the exact time behind. */
export function Moment({ at }: { readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={exactly(at)}>
      {ago(at)}
    </time>
  );
}
