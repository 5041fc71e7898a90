import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { nameOfAgent } from '../agent.js';
import { endSession, endSessions, type Session, sessions } from '../api.js';
import { Confirm } from '../components/confirm.js';
import { Heading } from '../components/heading.js';
import { Moment } from '../components/moment.js';
import { Explained, Notice, Spoken } from '../components/notice.js';
import { useLoaded } from '../loaded.js';
import { ChangePassword } from './change-password.js';

/** Where the person is signed in, and the way to end that. */
export function SessionsPage(): JSX.Element {
  const { value: all, error, reload } = useLoaded(sessions);
  const [ending, setEnding] = useState<Session | 'others'>();
  const [changing, setChanging] = useState(false);
  const [said, setSaid] = useState('');

  const end = async (which: Session | 'others'): Promise<void> => {
    if (which === 'others') await endSessions(all?.filter(({ current }) => !current) ?? []);
    else await endSession(which.id);
    await reload();
    setSaid(which === 'others' ? 'All other sessions have ended.' : 'The session has ended.');
  };
  const changed = async (): Promise<void> => {
    await reload();
    setSaid('Your password is changed, and every other session has ended.');
  };
  const sorted = all?.toSorted((one, other) => Number(other.current) - Number(one.current));

  return (
    <>
      <Heading
        beside={
          <div class="actions">
            {all !== undefined && all.length > 1 && (
              <button type="button" onClick={() => setEnding('others')}>
                End all others
              </button>
            )}
            <button type="button" onClick={() => setChanging(true)}>
              Change password
            </button>
          </div>
        }
      >
        Sessions
      </Heading>
      <p class="lead">
        Where you are signed in. Ending a session signs that browser out and revokes the gateway tokens that it made,
        everywhere within a second.
      </p>
      <Spoken>
        {said !== '' && (
          <Notice tone="good">
            <p>{said}</p>
          </Notice>
        )}
      </Spoken>
      {error !== undefined && <Explained error={error} />}
      {sorted !== undefined && (
        <ul class="items">
          {sorted.map((session) => (
            <SessionItem key={session.id} session={session} onEnd={setEnding} />
          ))}
        </ul>
      )}
      {changing && <ChangePassword onClose={() => setChanging(false)} onChanged={changed} />}
      {ending !== undefined && (
        <Confirm
          title={ending === 'others' ? 'End all other sessions?' : 'End this session?'}
          action={ending === 'others' ? 'End all others' : 'End session'}
          onConfirm={() => end(ending)}
          onClose={() => setEnding(undefined)}
        >
          <p>
            {ending === 'others'
              ? 'Every other browser and command line that is signed in as you is signed out. This one stays.'
              : `${nameOfAgent(ending.userAgent)} is signed out, and the tokens that it made are revoked.`}
          </p>
        </Confirm>
      )}
    </>
  );
}

interface ItemProps {
  readonly session: Session;
  readonly onEnd: (session: Session) => void;
}

function SessionItem({ session, onEnd }: ItemProps): JSX.Element {
  const { method, address, userAgent, createdAt, lastUsedAt, current } = session;
  const name = nameOfAgent(userAgent);
  return (
    <li class="item">
      <div class="item-title">
        <h2 class="name" title={userAgent ?? ''}>
          {name}
        </h2>
        {current && <span class="tag tag-good">This browser</span>}
      </div>
      {!current && (
        <button
          type="button"
          class="quiet-danger"
          aria-label={`End the session of ${name}`}
          onClick={() => onEnd(session)}
        >
          End
        </button>
      )}
      <dl class="facts">
        <div>
          <dt>Signed in</dt>
          <dd>
            <Moment at={createdAt} /> {wayOf(method)}
          </dd>
        </div>
        <div>
          <dt>Last active</dt>
          <dd>
            <Moment at={lastUsedAt ?? createdAt} />
          </dd>
        </div>
        <div>
          <dt>Address</dt>
          <dd>{address ?? 'unknown'}</dd>
        </div>
      </dl>
    </li>
  );
}

/** `oidc:google` → `with google` */
function wayOf(method: string): string {
  if (method === 'password') return 'with a password';
  if (method === 'device') return 'by a code';
  return method.startsWith('oidc:') ? `with ${method.slice('oidc:'.length)}` : `with ${method}`;
}
