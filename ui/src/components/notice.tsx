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
  /** Whether what is wrong with a field stands beside it. */
  readonly isBeside?: (field: string) => boolean;
}

/** What went wrong and what to do, read out at once; with the code and the id by which an operator finds it. */
export function Failed(props: FailedProps): JSX.Element {
  return <div role="alert">{props.error !== undefined && <Explained {...props} />}</div>;
}

export function Explained({ error, words, isBeside }: FailedProps): JSX.Element {
  const failure =
    error instanceof Failure ? error : new Failure('page_error', 'This page made a mistake: load it anew.');
  const { code, fields, requestId } = failure;
  const beside = fields.filter(({ path }) => isBeside?.(path));
  const [what, next] = beside.length > 0 ? MARKED : explain(failure, words);
  // The gateway's own sentence names every field; MARKED does not.
  const rest = beside.length > 0 ? fields.filter((field) => !beside.includes(field)) : [];
  return (
    <Notice tone="bad">
      <p>
        <strong>{what}</strong> {next}
      </p>
      {rest.map(({ path, message }) => (
        <p key={path + message}>
          {path} {message}
        </p>
      ))}
      <p class="fine">
        <code>{code}</code>
        {requestId !== undefined && (
          <>
            {' · request '}
            <code>{requestId}</code>
          </>
        )}
      </p>
    </Notice>
  );
}

const MARKED: Explanation = ['Not yet.', 'Please look at what is marked below.'];
