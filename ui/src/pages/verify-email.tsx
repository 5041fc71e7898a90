import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { verifyEmail } from '../api.js';
import { arrival, usedArrival } from '../arrival.js';
import { Form } from '../components/form.js';
import { Heading } from '../components/heading.js';
import { Notice, Spoken } from '../components/notice.js';
import type { Explanation } from '../explain.js';
import { Link } from '../router.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';

const USED: Explanation = ['This link has expired or was used before.', 'Sign in and have another one sent.'];
const WORDS = { code_invalid: USED } as const;

/**
 * Where the link of a mail leads. A button does it, not the link alone: programs that look at mail follow links too, and
 * would use the code up.
 */
export function VerifyEmailPage(): JSX.Element {
  const task = useTask();
  const { code } = useStore(arrival);
  const [verified, setVerified] = useState(false);
  const submit = async (): Promise<void> => {
    await verifyEmail(code!);
    setVerified(true);
    usedArrival();
  };
  return (
    <>
      <Heading>Verify your e-mail address</Heading>
      <Spoken>
        {verified && (
          <Notice tone="good">
            <p>Thank you: your address is verified.</p>
          </Notice>
        )}
      </Spoken>
      {!verified && code !== undefined && (
        <Form task={task} onSubmit={submit} action="Verify my address" words={WORDS}>
          <p>You followed the link of our mail. One step is left.</p>
        </Form>
      )}
      {!verified && code === undefined && (
        <p>Follow the link in the mail that you were sent. It is good for a day, and once.</p>
      )}
      <p class="ways">
        <Link to="">Go on to the console</Link>
      </p>
    </>
  );
}
