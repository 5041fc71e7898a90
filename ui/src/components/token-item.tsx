import type { JSX } from 'preact';
import type { GatewayToken } from '../api.js';
import { essential, nameOfScope } from '../scopes.js';
import { Moment } from './moment.js';

interface TokenItemProps {
  readonly token: GatewayToken;
  /** Absent for one that is over. */
  readonly onRevoke?: (token: GatewayToken) => void;
}

/** One gateway token in a list. */
export function TokenItem({ token, onRevoke }: TokenItemProps): JSX.Element {
  const { label, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = token;
  return (
    <li class={onRevoke ? 'item' : 'item over'}>
      <div class="item-title">
        <h2 class="name">{label ?? 'Without a name'}</h2>
        {essential(scopes).map((scope) => (
          <span key={scope} class="tag" title={scope}>
            {nameOfScope(scope)}
          </span>
        ))}
      </div>
      {onRevoke && (
        <button
          type="button"
          class="quiet-danger"
          aria-label={`Revoke ${label ?? 'the token without a name'}`}
          onClick={() => onRevoke(token)}
        >
          Revoke
        </button>
      )}
      <dl class="facts">
        <div>
          <dt>Made</dt>
          <dd>
            <Moment at={createdAt} />
          </dd>
        </div>
        <div>
          <dt>Last used</dt>
          <dd>{lastUsedAt === null ? 'never' : <Moment at={lastUsedAt} />}</dd>
        </div>
        <div>
          <dt>{revokedAt !== null ? 'Revoked' : onRevoke ? 'Expires' : 'Expired'}</dt>
          <dd>
            <Moment at={revokedAt ?? expiresAt} />
          </dd>
        </div>
      </dl>
    </li>
  );
}
