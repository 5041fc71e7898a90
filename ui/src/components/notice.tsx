import type { ComponentChildren, JSX } from 'preact';
import { type Explanation, explain } from '../explain.js';
import { Failure } from '../failure.js';

interface NoticeProps {
  readonly tone?: 'plain' | 'good' | 'bad';
  readonly children: ComponentChildren;
}

/** Something that a person should read. It says nothing aloud by itself: `Spoken` does. */
export function Notice({ tone = 'plain', children }: NoticeProps): JSX.Element {
  return <div class={`notice notice-${tone}`}>{children}</div>;
}

/** A place whose content screen readers announce when it changes; it stands on the page before there is anything to say. */
export function Spoken({ children }: { readonly children?: ComponentChildren }): JSX.Element {
  return (
    <div role="status" class="spoken">
      {children}
    </div>
  );
}

interface FailedProps {
  readonly error: unknown;
  /** Sentences of this page for some codes. */
  readonly words?: Readonly<Record<string, Explanation>>;
}

/** What went wrong and what to do, read out at once; with the code and the id by which an operator finds it. */
export function Failed({ error, words }: FailedProps): JSX.Element {
  return <div role="alert">{error !== undefined && <Explained error={error} {...(words && { words })} />}</div>;
}

export function Explained({ error, words }: FailedProps): JSX.Element {
  const failure =
    error instanceof Failure ? error : new Failure('page_error', 'This page made a mistake: load it anew.');
  const [what, next] = explain(failure, words);
  const elsewhere = failure.fields.filter(({ path }) => path === '');
  return (
    <Notice tone="bad">
      <p>
        <strong>{what}</strong> {next}
      </p>
      {elsewhere.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
      <p class="fine">
        <code>{failure.code}</code>
        {failure.requestId !== undefined && (
          <>
            {' · request '}
            <code>{failure.requestId}</code>
          </>
        )}
      </p>
    </Notice>
  );
}
