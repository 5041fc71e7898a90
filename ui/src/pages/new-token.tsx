import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { createGatewayToken, type NewGatewayToken, type Scope } from '../api.js';
import { CopyButton } from '../components/copy.js';
import { Dialog } from '../components/dialog.js';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { Notice } from '../components/notice.js';
import { exactly } from '../moments.js';
import { scopesOf } from '../scopes.js';
import { presence } from '../session.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

interface NewTokenProps {
  readonly onClose: () => void;
  /** A token was made. */
  readonly onMade: () => Promise<void>;
}

/** Asks how the token should be, then shows its value: once, for it is kept nowhere. */
export function NewToken({ onClose, onMade }: NewTokenProps): JSX.Element {
  const [made, setMade] = useState<NewGatewayToken>();
  if (made) return <MadeToken made={made} onClose={onClose} />;
  const onDone = (token: NewGatewayToken): void => {
    setMade(token);
    void onMade();
  };
  return <AskForToken onClose={onClose} onDone={onDone} />;
}

interface AskProps {
  readonly onClose: () => void;
  readonly onDone: (made: NewGatewayToken) => void;
}

function AskForToken({ onClose, onDone }: AskProps): JSX.Element {
  const task = useTask();
  const here = useStore(presence);
  const choices = here.state === 'in' ? scopesOf(here.person.user.role) : [];
  const widest = choices.at(-1)?.[0];

  const submit = async (fields: FormData): Promise<void> => {
    const label = String(fields.get('label')).trim();
    const scope = fields.get('scope') as Scope | null;
    // The widest is what the role gives anyway: then nothing is narrowed, now or when the role changes.
    const narrowed = scope !== null && scope !== widest && { scopes: [scope] };
    onDone(await createGatewayToken({ ...(label !== '' && { label }), ...narrowed }));
  };
  return (
    <Dialog title="New gateway token" onClose={onClose}>
      <Form
        task={task}
        onSubmit={submit}
        action="Make token"
        beside={
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        }
      >
        <Field
          label="Name"
          name="label"
          autocomplete="off"
          autofocus
          maxLength={100}
          wrong={task.wrong('label')}
          hint="What it is for, so that you know it again: laptop, nightly build."
        />
        <fieldset>
          <legend>What it may do</legend>
          {choices.map(([scope, name, what]) => (
            <div key={scope} class="choice">
              <input type="radio" id={scope} name="scope" value={scope} defaultChecked={scope === widest} />
              <label for={scope}>{name}</label>
              <span class="hint">{what}</span>
            </div>
          ))}
        </fieldset>
        <p class="fine">It is good for an hour, and never longer than your sign-in.</p>
      </Form>
    </Dialog>
  );
}

interface MadeProps {
  readonly made: NewGatewayToken;
  readonly onClose: () => void;
}

function MadeToken({ made: { gatewayToken, expiresAt }, onClose }: MadeProps): JSX.Element {
  const [copied, setCopied] = useState(false);
  const [warned, setWarned] = useState(false);
  useWarningBeforeLeaving(!copied);
  const close = (): void => {
    if (copied || warned) onClose();
    else setWarned(true);
  };
  return (
    <Dialog title="Your new token" onClose={close}>
      <p>Copy it now: it is shown this once, and kept nowhere. It is good until {exactly(expiresAt)}.</p>
      <code class="secret" aria-label="Gateway token">
        {gatewayToken}
      </code>
      <div role="alert">
        {warned && !copied && (
          <Notice tone="bad">
            <p>
              <strong>You have not copied the token.</strong> Once this is closed, nobody can show it to you again.
            </p>
          </Notice>
        )}
      </div>
      <div class="actions">
        <CopyButton value={gatewayToken} what="token" onCopied={() => setCopied(true)} />
        <button type="button" onClick={close}>
          {warned && !copied ? 'Close without copying' : 'Done'}
        </button>
      </div>
    </Dialog>
  );
}

function useWarningBeforeLeaving(needed: boolean): void {
  useEffect(() => {
    if (!needed) return undefined;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [needed]);
}
