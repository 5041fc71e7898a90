import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { gatewayTokens, type GatewayToken, revokeGatewayToken } from '../api.js';
import { Confirm } from '../components/confirm.js';
import { Heading } from '../components/heading.js';
import { Explained, Notice, Spoken } from '../components/notice.js';
import { TokenItem } from '../components/token-item.js';
import { useLoaded } from '../loaded.js';
import { NewToken } from './new-token.js';

/** The gateway tokens of the person who is signed in: make one, see which there are, revoke. */
export function TokensPage(): JSX.Element {
  const { value: tokens, error, reload } = useLoaded(everyToken);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<GatewayToken>();
  const [said, setSaid] = useState('');

  const revoke = async ({ id, label }: GatewayToken): Promise<void> => {
    await revokeGatewayToken(id);
    await reload();
    setSaid(`${label ?? 'The token'} is revoked.`);
  };
  const open = (): void => {
    setSaid('');
    setMaking(true);
  };
  const good = tokens?.filter(isGood) ?? [];
  const over = tokens?.filter((token) => !isGood(token)) ?? [];

  return (
    <>
      <Heading
        beside={
          <button type="button" class="primary" onClick={open}>
            New token
          </button>
        }
      >
        Gateway tokens
      </Heading>
      <p class="lead">
        A gateway token lets a program act as you, for an hour at most. Signing out, or ending the session that made it,
        ends it too.
      </p>
      <Spoken>
        {said !== '' && (
          <Notice tone="good">
            <p>{said}</p>
          </Notice>
        )}
      </Spoken>
      {error !== undefined && <Explained error={error} />}
      {tokens !== undefined && good.length === 0 && <NoTokens />}
      <TokenList tokens={good} onRevoke={setRevoking} />
      {over.length > 0 && (
        <details>
          <summary>Expired and revoked ({over.length})</summary>
          <TokenList tokens={over} />
        </details>
      )}
      {making && <NewToken onClose={() => setMaking(false)} onMade={reload} />}
      {revoking && (
        <Confirm
          title="Revoke this token?"
          action="Revoke"
          onConfirm={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        >
          <p>
            Whatever uses <strong>{revoking.label ?? 'this token'}</strong> is refused from now on, and its open
            connections are closed. This cannot be undone.
          </p>
        </Confirm>
      )}
    </>
  );
}

/** More than anybody reads. */
const MOST_PAGES = 10;

async function everyToken(): Promise<GatewayToken[]> {
  const all: GatewayToken[] = [];
  let cursor: string | undefined;
  for (let i = 0; i < MOST_PAGES; i += 1) {
    const { items, nextCursor } = await gatewayTokens(cursor);
    all.push(...items);
    if (!nextCursor) break;
    cursor = nextCursor;
  }
  return all;
}

const isGood = ({ revokedAt, expiresAt }: GatewayToken): boolean =>
  revokedAt === null && Date.parse(expiresAt) > Date.now();

interface ListProps {
  readonly tokens: readonly GatewayToken[];
  readonly onRevoke?: (token: GatewayToken) => void;
}

function TokenList({ tokens, onRevoke }: ListProps): JSX.Element | null {
  if (tokens.length === 0) return null;
  return (
    <ul class="items">
      {tokens.map((token) => (
        <TokenItem key={token.id} token={token} {...(onRevoke && { onRevoke })} />
      ))}
    </ul>
  );
}

function NoTokens(): JSX.Element {
  return (
    <div class="empty">
      <h2>No token is in use</h2>
      <p>Make one here, or let the command line make its own:</p>
      <code class="shell-line">doorward login --url {location.origin}</code>
    </div>
  );
}
