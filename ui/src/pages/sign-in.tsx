import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { providers, signIn, startAt } from '../api.js';
import { arrival } from '../arrival.js';
import { Field, PasswordField } from '../components/field.js';
import { Form } from '../components/form.js';
import { Heading } from '../components/heading.js';
import { Explained } from '../components/notice.js';
import type { Explanation } from '../explain.js';
import { Failure } from '../failure.js';
import { useLoaded } from '../loaded.js';
import { Link, route } from '../router.js';
import { presence } from '../session.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

const WORDS: Readonly<Record<string, Explanation>> = {
  token_mismatch: ['The e-mail address or the password is wrong.', 'Try again, or have your password reset.'],
};

/** By e-mail address and password, or by somebody who knows the person. */
export function SignInPage(): JSX.Element {
  const task = useTask();
  const submit = (fields: FormData): Promise<void> =>
    signIn(String(fields.get('email')).trim(), String(fields.get('password')));
  return (
    <>
      <Heading>Sign in</Heading>
      <WhyHere />
      <Providers />
      <Form task={task} onSubmit={submit} action="Sign in" words={WORDS}>
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
      <p class="ways">
        <Link to="reset-password">Forgot your password?</Link>
        <Link to="sign-up">Create an account</Link>
      </p>
    </>
  );
}

/** Why somebody who was signed in, or tried to be elsewhere, stands here. */
function WhyHere(): JSX.Element | null {
  const here = useStore(presence);
  const { error } = useStore(arrival);
  const failed = error === undefined ? undefined : new Failure(error, 'The sign-in elsewhere did not succeed.');
  const why = failed ?? (here.state === 'out' ? here.why : undefined);
  return why === undefined ? null : <Explained error={why} />;
}

/** Buttons that lead to where the person is known. Plain links: the browser goes there itself. */
function Providers(): JSX.Element | null {
  const { value = [], error } = useLoaded(providers);
  const page = useStore(route);
  useEffect(() => undefined, [page]);
  if (error !== undefined || value.length === 0) return null;
  return (
    <div class="providers">
      {value.map((provider) => (
        <a key={provider.id} class="button" href={startAt(provider)}>
          Continue with {provider.name}
        </a>
      ))}
      <p class="or">or</p>
    </div>
  );
}
