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
import { PasswordHash } from '../password-hash.js';

@Settings('gateway.auth')
export class PasswordSettings {
  /** The password, or its hash as a PHC string (`$argon2id$…`). */
  @Setting({ env: 'GATEWAY_PASSWORD', secret: true })
  @IsOptional()
  @SharedSecret()
  password?: string;
}

/** The house key, spoken. Over HTTP it comes as the bearer; WebSocket clients may put it into either field. */
@Injectable()
export class PasswordStrategy extends AuthStrategy('password') {
  isConfigured(config: ConfigSnapshot): boolean {
    const { mode } = config.get(AuthSettings);
    return (mode === undefined || mode === 'password') && config.get(PasswordSettings).password !== undefined;
  }

  recognises({ presented }: Evidence): boolean {
    return presented.password !== undefined || presented.token !== undefined;
  }

  async judge({ presented, config }: Evidence): Promise<Identity | null> {
    const spoken = presented.password ?? presented.token ?? '';
    const hash = config.once(passwordHash);
    const good = hash ? await hash.matches(spoken) : config.once(plainPassword).matches(spoken);
    return good ? houseIdentity('password', config, config.once(passwordCredential)) : null;
  }

  override stands({ credential }: Identity, config: ConfigSnapshot): boolean {
    return credential === config.once(passwordCredential);
  }
}

const passwordHash = (config: ConfigSnapshot): PasswordHash | undefined => {
  const { password } = config.get(PasswordSettings);
  return password?.startsWith('$argon2') ? new PasswordHash(password) : undefined;
};

const plainPassword = (config: ConfigSnapshot): KnownSecret => new KnownSecret(config.get(PasswordSettings).password!);

const passwordCredential = (config: ConfigSnapshot): string =>
  `password:${digest(config.get(PasswordSettings).password!).slice(0, 16)}`;
