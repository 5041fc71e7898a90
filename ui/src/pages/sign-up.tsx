import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type NewAccount, registration, signUp } from '../api.js';
import { arrival, usedArrival } from '../arrival.js';
import { Field, PASSWORD_RULES, PasswordField } from '../components/field.js';
import { Form } from '../components/form.js';
import { Heading } from '../components/heading.js';
import { Notice } from '../components/notice.js';
import { useLoaded } from '../loaded.js';
import { Link } from '../router.js';
import { enter, type SignedIn } from '../session.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

/** The first person of a gateway, somebody who was invited, or anybody where registration is open. */
export function SignUpPage(): JSX.Element {
  const task = useTask();
  const { invitation } = useStore(arrival);
  const [mailed, setMailed] = useState<string>();
  const { value: rules } = useLoaded(registration);

  const submit = async (fields: FormData): Promise<void> => {
    const account = accountOf(fields, invitation);
    const answer = await signUp(account);
    usedArrival();
    // Where addresses must be verified first, nobody is signed in yet.
    if (answer.tokens === undefined) setMailed(account.email);
    else await enter(answer as SignedIn);
  };

  if (mailed !== undefined) return <Mailed to={mailed} />;
  const isClosed = rules?.mode === 'closed' || (rules?.mode === 'first-user' && !rules.awaitsFirstUser);
  if (isClosed && (invitation === undefined || rules.mode === 'closed')) return <Closed />;
  return (
    <>
      <Heading>Create an account</Heading>
      {invitation !== undefined && (
        <Notice tone="good">
          <p>You were invited. Choose a password, and you are in.</p>
        </Notice>
      )}
      {rules?.awaitsFirstUser && invitation === undefined && (
        <Notice tone="good">
          <p>Yours is the first account of this gateway: you become its owner.</p>
        </Notice>
      )}
      <Form task={task} onSubmit={submit} action="Create account">
        <Field
          label="E-mail address"
          name="email"
          type="email"
          autocomplete="username"
          required
          wrong={task.wrong('email')}
        />
        <Field
          label="Name"
          name="displayName"
          autocomplete="name"
          hint="Optional: how others see you."
          wrong={task.wrong('displayName')}
        />
        <PasswordField
          label="Password"
          name="password"
          autocomplete="new-password"
          required
          wrong={task.wrong('password')}
          hint={PASSWORD_RULES}
        />
        {rules?.awaitsFirstUser && invitation === undefined && <SetupCode wrong={task.wrong('setupCode')} />}
      </Form>
      <p class="ways">
        <Link to="sign-in">I have an account: sign in</Link>
      </p>
    </>
  );
}

function accountOf(fields: FormData, invitation: string | undefined): NewAccount {
  const given = (name: string): string => String(fields.get(name) ?? '').trim();
  const [displayName, setupCode] = [given('displayName'), given('setupCode')];
  return {
    email: given('email'),
    password: String(fields.get('password')),
    ...(displayName !== '' && { displayName }),
    ...(setupCode !== '' && { setupCode }),
    ...(invitation !== undefined && { invitation }),
  };
}

function SetupCode({ wrong }: { readonly wrong: string | undefined }): JSX.Element {
  return (
    <Field
      label="Setup code"
      name="setupCode"
      autocomplete="off"
      spellcheck={false}
      wrong={wrong}
      hint="The gateway printed it when it started. On the gateway's own machine leave it empty."
    />
  );
}

function Closed(): JSX.Element {
  return (
    <>
      <Heading>Create an account</Heading>
      <p>New accounts are made here by invitation. Ask an administrator for one, and follow the link that you get.</p>
      <p class="ways">
        <Link to="sign-in">Back to sign-in</Link>
      </p>
    </>
  );
}

function Mailed({ to }: { readonly to: string }): JSX.Element {
  return (
    <>
      <Heading>Look into your mail</Heading>
      <p>
        If <strong>{to}</strong> can have an account here, a link is on its way to it. Follow the link, then sign in.
      </p>
      <p class="ways">
        <Link to="sign-in">Sign in</Link>
      </p>
    </>
  );
}
