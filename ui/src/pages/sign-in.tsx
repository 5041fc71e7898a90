import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { providers, registration, resendVerification, signIn, startAt } from '../api.js';
import { arrival } from '../arrival.js';
import { addressOf } from '../base.js';
import { Field, PasswordField } from '../components/field.js';
import { Form } from '../components/form.js';
import { Heading } from '../components/heading.js';
import { Failed, Notice, Spoken } from '../components/notice.js';
import { Failure } from '../failure.js';
import { useLoaded } from '../loaded.js';
import { Link, route } from '../router.js';
import { presence } from '../session.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

/** By e-mail address and password, or by somebody who knows the person. */
export function SignInPage(): JSX.Element {
  const task = useTask();
  const [email, setEmail] = useState('');
  const { value: signUp } = useLoaded(registration);
  const submit = (fields: FormData): Promise<void> => {
    const given = String(fields.get('email')).trim();
    setEmail(given);
    return signIn(given, String(fields.get('password')));
  };
  const unverified = task.error instanceof Failure && task.error.code === 'email_unverified';
  const mayJoin = signUp !== undefined && (signUp.mode === 'open' || signUp.awaitsFirstUser);
  return (
    <>
      <Heading>Sign in</Heading>
      <WhyHere />
      {signUp?.awaitsFirstUser && (
        <Notice tone="good">
          <p>
            Nobody has an account here yet. <Link to="sign-up">Create the first one</Link>: it becomes the owner.
          </p>
        </Notice>
      )}
      <Providers />
      <Form task={task} onSubmit={submit} action="Sign in">
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autocomplete="username"
          required
          wrong={task.wrong('email')}
        />
        <PasswordField
          label="Password"
          name="password"
          autocomplete="current-password"
          required
          wrong={task.wrong('password')}
        />
      </Form>
      {unverified && <AnotherLetter to={email} />}
      <p class="ways">
        <Link to="reset-password">Forgot your password?</Link>
        {mayJoin && <Link to="sign-up">Create an account</Link>}
      </p>
    </>
  );
}

/** For whom the letter with the link went astray. */
function AnotherLetter({ to }: { readonly to: string }): JSX.Element {
  const task = useTask();
  const [sent, setSent] = useState(false);
  const send = (): Promise<boolean> =>
    task.run(async () => {
      await resendVerification(to);
      setSent(true);
    });
  return (
    <>
      <button type="button" onClick={send}>
        Send me another link
      </button>
      <Failed error={task.error} />
      <Spoken>{sent && <p>It is on its way.</p>}</Spoken>
    </>
  );
}

/** Why somebody who was signed in, or tried to be elsewhere, stands here. */
function WhyHere(): JSX.Element {
  const here = useStore(presence);
  const { error } = useStore(arrival);
  const failed = error === undefined ? undefined : new Failure(error, 'The sign-in elsewhere did not succeed.');
  return <Failed error={failed ?? (here.state === 'out' ? here.why : undefined)} />;
}

/** Buttons that lead to where the person is known. Plain links: the browser goes there itself, and comes back to this page. */
function Providers(): JSX.Element | null {
  const { value = [] } = useLoaded(providers);
  const page = useStore(route);
  const { userCode } = useStore(arrival);
  const back = addressOf(page === 'sign-in' ? '' : page) + (userCode === undefined ? '' : `?user_code=${userCode}`);
  if (value.length === 0) return null;
  return (
    <div class="providers">
      {value.map((provider) => (
        <a key={provider.id} class="button" href={startAt(provider, back)}>
          Continue with {provider.name}
        </a>
      ))}
      <p class="or">or</p>
    </div>
  );
}
