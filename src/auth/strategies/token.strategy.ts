import { Injectable } from '@nestjs/common';
import { IsOptional } from 'class-validator';
import { type ConfigSnapshot, Setting, Settings } from '../../config/settings.js';
import { digest, KnownSecret } from '../../kernel/crypto.js';
import type { Identity } from '../../kernel/identity.js';
import { AuthSettings } from '../auth.settings.js';
import { SharedSecret } from '../auth.rules.js';
import { AuthStrategy } from '../auth-strategy.js';
import type { Evidence } from '../evidence.js';
import { houseIdentity } from '../house-identity.js';

@Settings('gateway.auth')
export class TokenSettings {
  /** The house key: `openssl rand -hex 32`. */
  @Setting({ env: 'GATEWAY_TOKEN', secret: true })
  @IsOptional()
  @SharedSecret()
  token?: string;
}

/** The house key: one secret for everybody, from the configuration. */
@Injectable()
export class TokenStrategy extends AuthStrategy('token') {
  isConfigured(config: ConfigSnapshot): boolean {
    const { mode } = config.get(AuthSettings);
    return (mode === undefined || mode === 'token') && config.get(TokenSettings).token !== undefined;
  }

  recognises({ presented }: Evidence): boolean {
    return presented.token !== undefined || presented.password !== undefined;
  }

  /** Clients of the family put their one secret into either field. */
  judge({ presented, config }: Evidence): Identity | null {
    const good = config.once(houseKey).matches(presented.token ?? presented.password ?? '');
    return good ? config.once(holder) : null;
  }

  override stands({ credential }: Identity, config: ConfigSnapshot): boolean {
    return credential === config.once(tokenCredential);
  }
}

const houseKey = (config: ConfigSnapshot): KnownSecret => new KnownSecret(config.get(TokenSettings).token!);

/** Whoever holds the house key is one and the same to us. */
const holder = (config: ConfigSnapshot): Identity => houseIdentity('token', config, config.once(tokenCredential));

/** The credential's name changes with its value, so that the sockets of a replaced token can be found. */
const tokenCredential = (config: ConfigSnapshot): string =>
  `token:${digest(config.get(TokenSettings).token!).slice(0, 16)}`;
