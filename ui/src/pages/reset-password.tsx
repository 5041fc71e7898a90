import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { confirmReset, requestReset } from '../api.js';
import { arrival, usedArrival } from '../arrival.js';
import { Field, PASSWORD_RULES, PasswordField } from '../components/field.js';
import { Form } from '../components/form.js';
import { Heading } from '../components/heading.js';
import { Notice, Spoken } from '../components/notice.js';
import type { Explanation } from '../explain.js';
import { Link } from '../router.js';
import { forget } from '../session.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

const USED: Explanation = ['This link has expired or was used before.', 'Ask for another one.'];
const WORDS = { code_invalid: USED } as const;

/** Asks for a link by mail; with the link, asks for the new password. */
export function ResetPasswordPage(): JSX.Element {
  const { code } = useStore(arrival);
  const [done, setDone] = useState(false);
  if (done) return <Done />;
  return code === undefined ? <AskForLink /> : <NewPassword code={code} onDone={() => setDone(true)} />;
}

function AskForLink(): JSX.Element {
  const task = useTask();
  const [sentTo, setSentTo] = useState<string>();
  const submit = async (fields: FormData): Promise<void> => {
    const email = String(fields.get('email')).trim();
    await requestReset(email);
    setSentTo(email);
  };
  return (
    <>
      <Heading>Reset your password</Heading>
      <Spoken>
        {sentTo !== undefined && (
          <Notice tone="good">
            <p>
              If <strong>{sentTo}</strong> has an account here, a link is on its way to it. It is good for an hour.
            </p>
          </Notice>
        )}
      </Spoken>
      <Form task={task} onSubmit={submit} action={sentTo === undefined ? 'Send me a link' : 'Send another link'}>
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autocomplete="username"
          required
          wrong={task.wrong('email')}
        />
      </Form>
      <p class="ways">
        <Link to="sign-in">Back to sign-in</Link>
      </p>
    </>
  );
}

function NewPassword({ code, onDone }: { readonly code: string; readonly onDone: () => void }): JSX.Element {
  const task = useTask();
  const submit = async (fields: FormData): Promise<void> => {
    await confirmReset(code, String(fields.get('password')));
    usedArrival();
    // It ends every sign-in of the person, that of this browser too.
    forget();
    onDone();
  };
  return (
    <>
      <Heading>Choose a new password</Heading>
      <Form task={task} onSubmit={submit} action="Change password" words={WORDS}>
        <PasswordField
          label="New password"
          name="password"
          autocomplete="new-password"
          required
          wrong={task.wrong('password')}
          hint={`${PASSWORD_RULES} Every browser that is signed in as you is signed out.`}
        />
      </Form>
      <p class="ways">
        <button type="button" class="quiet" onClick={usedArrival}>
          Send me another link
        </button>
      </p>
    </>
  );
}

function Done(): JSX.Element {
  return (
    <>
      <Heading>Your password is changed</Heading>
      <p>You were signed out everywhere. Sign in with the new one.</p>
      <p class="ways">
        <Link to="sign-in">Sign in</Link>
      </p>
    </>
  );
}
