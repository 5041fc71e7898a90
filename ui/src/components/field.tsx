import type { ComponentChildren, InputHTMLAttributes, JSX, TargetedInputEvent } from 'preact';
import { useId, useState } from 'preact/hooks';

/** What the gateway asks of a new password, so that nobody has to find out. */
export const PASSWORD_RULES = 'Eight characters or more: upper and lower case, a digit, a symbol.';

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with it. */
  readonly wrong?: string | undefined;
  readonly type?: 'text' | 'email';
  readonly class?: string;
  readonly value?: string;
  readonly onInput?: (event: TargetedInputEvent<HTMLInputElement>) => void;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly placeholder?: string;
  readonly autocomplete?: AutoFill;
  readonly autocapitalize?: 'none' | 'characters';
  readonly spellcheck?: boolean;
}

/** An input with its label, its hint and what is wrong with it, tied together for those who hear the page. */
export function Field({ label, hint, wrong, type = 'text', ...input }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...attributes(id, { hint, wrong, type, ...input })} />
      <Below id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

/** A password, which its owner may look at. */
export function PasswordField({ label, hint, wrong, ...input }: Omit<FieldProps, 'type'>): JSX.Element {
  const id = useId();
  const [shown, setShown] = useState(false);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="with-button">
        <input {...attributes(id, { ...AS_TYPED, hint, wrong, type: shown ? 'text' : 'password', ...input })} />
        <button
          type="button"
          class="quiet"
          aria-pressed={shown}
          aria-label={`Show ${label.toLowerCase()}`}
          onClick={() => setShown(!shown)}
        >
          {shown ? 'Hide' : 'Show'}
        </button>
      </div>
      <Below id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

/** No help with a password's spelling. */
const AS_TYPED = { spellcheck: false, autocapitalize: 'none' } as const;

type Attributes = InputHTMLAttributes<HTMLInputElement>;
type Given = Omit<FieldProps, 'label' | 'type'> & { readonly type: string };

/** What the input is, and by what it is described. */
function attributes(id: string, { hint, wrong, ...input }: Given): Attributes {
  const described = [wrong !== undefined && `${id}-wrong`, hint !== undefined && `${id}-hint`].filter(Boolean);
  return {
    id,
    ...(wrong !== undefined && { 'aria-invalid': 'true' }),
    ...(described.length > 0 && { 'aria-describedby': described.join(' ') }),
    ...input,
  } as Attributes;
}

function Below({ id, hint, wrong }: Pick<FieldProps, 'hint' | 'wrong'> & { readonly id: string }): JSX.Element {
  return (
    <>
      {wrong !== undefined && (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  );
}
