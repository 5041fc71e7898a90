import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { decide, type WaitingClient, waitingClient } from '../api.js';
import { arrival, usedArrival } from '../arrival.js';
import { nameOfAgent } from '../agent.js';
import { Field } from '../components/field.js';
import { Form } from '../components/form.js';
import { Heading } from '../components/heading.js';
import { Moment } from '../components/moment.js';
import { Failed, Notice, Spoken } from '../components/notice.js';
import type { Explanation } from '../explain.js';
import { essential, nameOfScope } from '../scopes.js';
import { useStore } from '../store.js';
import { useTask } from '../task.js';
import { tidyUserCode } from '../user-code.js';

const WORDS: Readonly<Record<string, Explanation>> = {
  not_found: ['Nobody waits with this code.', 'It may be mistyped, used or expired: look again where it is shown.'],
};

interface Found {
  readonly code: string;
  readonly client: WaitingClient;
}

/** Lets a command line in, or another program without a browser, that shows a short code (RFC 8628 section 3.3). */
export function DevicePage(): JSX.Element {
  const [found, setFound] = useState<Found>();
  const [said, setSaid] = useState('');
  const decided = (sentence: string): void => {
    usedArrival();
    setFound(undefined);
    setSaid(sentence);
    document.querySelector('h1')?.focus();
  };
  return (
    <>
      <Heading>Approve a sign-in</Heading>
      <Spoken>
        {said !== '' && (
          <Notice tone="good">
            <p>{said}</p>
          </Notice>
        )}
      </Spoken>
      {found ? (
        <Decision found={found} onDecided={decided} onBack={() => setFound(undefined)} />
      ) : (
        <AskForCode
          onFound={(next) => {
            setSaid('');
            setFound(next);
          }}
        />
      )}
    </>
  );
}

function AskForCode({ onFound }: { readonly onFound: (found: Found) => void }): JSX.Element {
  const task = useTask();
  const { userCode } = useStore(arrival);
  const [typed, setTyped] = useState(tidyUserCode(userCode ?? ''));
  const submit = async (): Promise<void> => {
    onFound({ code: typed, client: await waitingClient(typed) });
  };
  return (
    <div class="card narrow">
      <p>
        A command line shows a code while it waits to be signed in. Only go on if you started that yourself, and if the
        code here is the one that you see there.
      </p>
      <Form task={task} onSubmit={submit} action="Continue" words={WORDS}>
        <Field
          label="Code"
          name="code"
          class="code-input"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          placeholder="ABCD-EFGH"
          required
          minLength={9}
          value={typed}
          onInput={({ currentTarget }) => setTyped(tidyUserCode(currentTarget.value))}
        />
      </Form>
    </div>
  );
}

interface DecisionProps {
  readonly found: Found;
  readonly onDecided: (said: string) => void;
  readonly onBack: () => void;
}

function Decision({ found: { code, client }, onDecided, onBack }: DecisionProps): JSX.Element {
  const task = useTask();
  const choose = (decision: 'approve' | 'deny'): Promise<boolean> =>
    task.run(async () => {
      await decide(code, decision);
      onDecided(
        decision === 'approve' ? `${client.clientId} is signed in as you.` : `${client.clientId} was turned away.`,
      );
    });
  return (
    <section class="card narrow" aria-labelledby="asks">
      <h2 id="asks">{client.clientId} asks to be signed in as you</h2>
      <dl class="facts facts-wide">
        <dt>Code</dt>
        <dd>
          <code>{code}</code>
        </dd>
        <dt>May</dt>
        <dd>
          {client.scopes === null ? 'do all that you may do' : essential(client.scopes).map(nameOfScope).join(', ')}
        </dd>
        <dt>For</dt>
        <dd>{client.staysSignedIn ? 'as long as you do not end its session' : 'an hour'}</dd>
        <dt>Asked</dt>
        <dd>
          <Moment at={client.createdAt} /> from {client.address}
        </dd>
        <dt>Program</dt>
        <dd>{nameOfAgent(client.userAgent)}</dd>
      </dl>
      <Notice>
        <p>
          The name is what it calls itself. If somebody sent you this code, or you did not start this, deny it: they
          would act as you.
        </p>
      </Notice>
      <Failed error={task.error} words={WORDS} />
      <div class="actions">
        <button type="button" onClick={() => choose('deny')}>
          Deny
        </button>
        <button type="button" class="primary" onClick={() => choose('approve')}>
          Approve
        </button>
        <button type="button" class="quiet" onClick={onBack}>
          Another code
        </button>
      </div>
    </section>
  );
}
