import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ProfilesService } from '../accounts/profiles.service.js';
import type { SessionTokens } from '../accounts/user-sessions.service.js';
import type { Evidence } from '../auth/evidence.js';
import { MeView, type SignedInView, TokensView } from './account.views.js';
import { setRefreshCookie } from './refresh-cookie.js';

/** A sign-in that has just begun. */
export interface Begun {
  readonly userId: string;
  readonly tenantId: string;
  readonly tokens: SessionTokens;
}

export interface AnswerTo {
  readonly evidence: Evidence;
  readonly reply: FastifyReply;
  /** `cookie`: a browser keeps the refresh token where no script reads it, and the body does not hold it. */
  readonly wish?: 'token' | 'cookie';
}

/** What somebody is told who has just signed in, however they did. */
@Injectable()
export class SessionAnswers {
  constructor(private readonly profiles: ProfilesService) {}

  /** The person, their tenant, their tokens. */
  async signedIn({ tokens, ...account }: Begun, { evidence, reply, wish }: AnswerTo): Promise<SignedInView> {
    const inCookie = wish === 'cookie';
    const me = MeView.of(await this.profiles.find(account));
    if (inCookie) setRefreshCookie(reply, tokens.refreshToken, evidence);
    return { ...me, tokens: TokensView.of(tokens, !inCookie) };
  }
}
