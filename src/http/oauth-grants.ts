import { Injectable } from '@nestjs/common';
import { DeviceGrantPolling } from '../accounts/device-grant-polling.js';
import { OAuthError } from '../accounts/oauth/oauth-error.js';
import { type ScopeWish, scopeWish } from '../accounts/oauth/scope-words.js';
import { RefreshGrant } from '../accounts/oauth/refresh-grant.js';
import { SubjectTokens } from '../accounts/subject-tokens.service.js';
import { type IssuedToken, TokenIssue } from '../accounts/token-issue.js';
import type { Evidence } from '../auth/evidence.js';
import { Refused } from '../kernel/errors.js';
import type { OAuthClient } from './oauth-clients.js';
import type { OAuthForm } from './oauth-form.js';
import { OAuthEdge } from './oauth-edge.js';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const REFRESH_TOKEN = 'refresh_token';

/** Every grant, in the words of the metadata. */
export const GRANT_TYPES = [TOKEN_EXCHANGE, DEVICE_CODE, REFRESH_TOKEN] as const;

const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
const SUBJECT_TOKEN_TYPES = [ACCESS_TOKEN_TYPE, 'urn:ietf:params:oauth:token-type:jwt'];

/** What a grant needs to know of the request. */
export interface GrantRequest {
  readonly form: OAuthForm;
  readonly client: OAuthClient | undefined;
  readonly evidence: Evidence;
}

/** A successful answer of the token endpoint (RFC 6749 section 5.1, RFC 8693 section 2.2.1). */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
  readonly issued_token_type?: string;
  readonly refresh_token?: string;
}

/** The ways to a gateway token at the token endpoint. */
@Injectable()
export class OAuthGrants {
  constructor(
    private readonly subjects: SubjectTokens,
    private readonly issue: TokenIssue,
    private readonly polling: DeviceGrantPolling,
    private readonly refreshing: RefreshGrant,
    private readonly edge: OAuthEdge,
  ) {}

  /** Throws OAuthError for what is wrong with the request, Refused for what locks or breaks it. */
  answer(request: GrantRequest): Promise<TokenAnswer> {
    switch (request.form.get('grant_type')) {
      case TOKEN_EXCHANGE:
        return this.exchange(request);
      case DEVICE_CODE:
        return this.device(request);
      case REFRESH_TOKEN:
        return this.refresh(request);
      default:
        throw new OAuthError('unsupported_grant_type', `grant_type: must be one of ${GRANT_TYPES.join(', ')}`);
    }
  }

  private async exchange({ form, client, evidence }: GrantRequest): Promise<TokenAnswer> {
    const wish = exchangeWish(form);
    this.edge.refuseOtherTarget(form);
    const { subjectToken, scopes } = wish;
    const { requestId } = evidence;
    const issued = await this.edge.checks.run(evidence, {
      judge: async () => {
        const subject = await this.subjects.verify(subjectToken);
        return this.issue.exchange(subject, { scopes, label: client?.clientId, requestId });
      },
    });
    return { ...tokenAnswer(issued), issued_token_type: ACCESS_TOKEN_TYPE };
  }

  private async device({ form, client, evidence }: GrantRequest): Promise<TokenAnswer> {
    if (!client) throw new OAuthError('invalid_client', 'client_id: must be given');
    const { source: address, requestId } = evidence;
    const poll = {
      deviceCode: form.get('device_code'),
      clientId: client.clientId,
      address,
      userAgent: evidence.header('user-agent'),
      requestId,
    };
    const granted = await this.edge.checks.run(evidence, { judge: () => asInvalidGrant(this.polling.poll(poll)) });
    return tokenAnswer(granted.issued, granted.refreshToken);
  }

  private async refresh({ form, client, evidence }: GrantRequest): Promise<TokenAnswer> {
    const token = form.get('refresh_token');
    const { scopes } = scopeWish(form.find('scope'));
    const { source: address, requestId } = evidence;
    const wish = { scopes, label: client?.clientId, address, requestId };
    const granted = await this.edge.checks.run(evidence, {
      judge: () => asInvalidGrant(this.refreshing.refresh(token, wish)),
    });
    return tokenAnswer(granted.issued, granted.refreshToken);
  }
}

function exchangeWish(form: OAuthForm): ScopeWish & { subjectToken: string } {
  const type = form.get('subject_token_type');
  if (!SUBJECT_TOKEN_TYPES.includes(type))
    throw new OAuthError('invalid_request', `subject_token_type: must be one of ${SUBJECT_TOKEN_TYPES.join(', ')}`);
  const wanted = form.find('requested_token_type') ?? ACCESS_TOKEN_TYPE;
  if (wanted !== ACCESS_TOKEN_TYPE)
    throw new OAuthError('invalid_request', `requested_token_type: must be ${ACCESS_TOKEN_TYPE} or left out`);
  if (form.find('actor_token') !== undefined)
    throw new OAuthError('invalid_request', 'actor_token: nobody acts for somebody else here; leave it out');
  return { ...scopeWish(form.find('scope')), subjectToken: form.get('subject_token') };
}

function tokenAnswer({ token, expiresIn, scopes }: IssuedToken, refreshToken?: string): TokenAnswer {
  const answer = { access_token: token, token_type: 'Bearer', expires_in: expiresIn, scope: scopes.join(' ') } as const;
  return refreshToken === undefined ? answer : { ...answer, refresh_token: refreshToken };
}

/** A code or a refresh token that is no good is an invalid grant (RFC 6749 section 5.2), whatever we call it. */
async function asInvalidGrant<T>(granting: Promise<T>): Promise<T> {
  try {
    return await granting;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error;
    const { code } = error;
    throw new OAuthError('invalid_grant', 'the grant is not known, or no longer good', {
      code,
      wasWrong: code === 'token_mismatch',
    });
  }
}
