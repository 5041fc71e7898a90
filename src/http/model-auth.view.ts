import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type {
  ProfileHealthView,
  ProviderAuthView,
  StatusView,
  UnusableProfileView,
} from '../credentials/status/status-view.js';

const HEALTHS = ['ok', 'expiring', 'expired', 'missing', 'static'] as const;

class ProfileView {
  @ApiPropertyOptional({ example: 'anthropic:work', description: 'For admins of the house alone.' })
  profileId?: string;

  @ApiPropertyOptional({ description: 'For admins of the house alone.' })
  email?: string;

  @ApiProperty({ example: 'anthropic' })
  provider: string;

  @ApiProperty({ enum: ['api_key', 'token', 'oauth'] })
  type: string;

  @ApiProperty({ enum: HEALTHS, description: 'A login that can refresh itself is `ok`.' })
  status: string;

  @ApiPropertyOptional({ description: 'Milliseconds since the epoch.' })
  expiresAt?: number;

  @ApiPropertyOptional()
  remainingMs?: number;

  @ApiPropertyOptional({ description: 'Why it is so, for admins of the house alone.' })
  detail?: string;

  static of(view: ProfileHealthView): ProfileView {
    const { profileId, email, provider, type, status, expiresAt, remainingMs, detail } = view;
    return { profileId, email, provider, type, status, expiresAt, remainingMs, detail };
  }
}

class UnusableView {
  @ApiPropertyOptional({ description: 'For admins of the house alone.' })
  profileId?: string;

  @ApiProperty()
  provider: string;

  @ApiProperty({ enum: ['cooldown', 'disabled'] })
  kind: string;

  @ApiProperty({ example: 'rate_limit' })
  reason: string;

  @ApiProperty({ description: 'Milliseconds since the epoch.' })
  until: number;

  @ApiProperty()
  remainingMs: number;

  static of({ profileId, provider, kind, reason, until, remainingMs }: UnusableProfileView): UnusableView {
    return { profileId, provider, kind, reason, until, remainingMs };
  }
}

class EffectiveView {
  @ApiProperty({ enum: ['profiles', 'env', 'config', 'keyless', 'missing'] })
  kind: string;

  @ApiProperty()
  detail: string;
}

class ProfileCountsView {
  @ApiProperty()
  count: number;

  @ApiProperty()
  oauth: number;

  @ApiProperty()
  token: number;

  @ApiProperty()
  apiKey: number;

  @ApiPropertyOptional({ type: [String], description: 'Their ids, for admins of the house alone.' })
  labels?: readonly string[];
}

class ProviderView {
  @ApiProperty({ example: 'anthropic' })
  provider: string;

  @ApiProperty({ enum: ['openai', 'anthropic', 'unknown'] })
  api: string;

  @ApiPropertyOptional({ description: 'Without what may be secret in it; for admins of the house alone.' })
  baseUrl?: string;

  @ApiProperty({ description: 'Whether a model of the agent is one of its.' })
  inUse: boolean;

  @ApiProperty({ type: EffectiveView, description: 'What opens it: the strongest source that there is.' })
  effective: EffectiveView;

  @ApiProperty({ type: ProfileCountsView })
  profiles: ProfileCountsView;

  @ApiPropertyOptional({
    type: Object,
    description: 'The variables that hold its keys, never a value; for admins of the house alone.',
  })
  env?: { readonly variables: readonly string[] };

  @ApiPropertyOptional({
    type: Object,
    description: 'Where the configuration holds a key; for admins of the house alone.',
  })
  config?: { readonly path: string };

  static of({ provider, api, baseUrl, inUse, effective, profiles, env, config }: ProviderAuthView): ProviderView {
    const { count, oauth, token, apiKey, labels } = profiles;
    return {
      provider,
      api,
      baseUrl,
      inUse,
      effective: { kind: effective.kind, detail: effective.detail },
      profiles: { count, oauth, token, apiKey, labels },
      env: env && { variables: env.variables },
      config: config && { path: config.path },
    };
  }
}

class ProviderHealthView {
  @ApiProperty()
  provider: string;

  @ApiProperty({ enum: HEALTHS, description: 'That of its worst login or token.' })
  status: string;

  @ApiPropertyOptional()
  expiresAt?: number;
}

class OAuthView {
  @ApiProperty({ description: 'Somebody is warned when less than this is left.' })
  warnAfterMs: number;

  @ApiProperty({ type: [ProfileView] })
  profiles: ProfileView[];

  @ApiProperty({ type: [ProviderHealthView] })
  providers: ProviderHealthView[];
}

class ShellEnvView {
  @ApiProperty()
  enabled: boolean;

  @ApiProperty({ type: [String] })
  appliedKeys: readonly string[];
}

/** What opens the models of an agent, and how good it is. */
export class ModelAuthView {
  @ApiPropertyOptional({ description: 'Where the profiles are; for admins of the house alone.' })
  storePath?: string;

  @ApiProperty({ type: ShellEnvView })
  shellEnvFallback: ShellEnvView;

  @ApiProperty({ type: [String] })
  providersWithOAuth: readonly string[];

  @ApiProperty({ type: [String] })
  missingProvidersInUse: readonly string[];

  @ApiProperty({ type: [ProviderView] })
  providers: ProviderView[];

  @ApiProperty({ type: [UnusableView] })
  unusableProfiles: UnusableView[];

  @ApiProperty({ type: OAuthView })
  oauth: OAuthView;

  static of(auth: StatusView['auth']): ModelAuthView {
    const { storePath, shellEnvFallback, providersWithOAuth, missingProvidersInUse, oauth } = auth;
    return {
      storePath,
      shellEnvFallback: { enabled: shellEnvFallback.enabled, appliedKeys: shellEnvFallback.appliedKeys },
      providersWithOAuth,
      missingProvidersInUse,
      providers: auth.providers.map((provider) => ProviderView.of(provider)),
      unusableProfiles: auth.unusableProfiles.map((profile) => UnusableView.of(profile)),
      oauth: {
        warnAfterMs: oauth.warnAfterMs,
        profiles: oauth.profiles.map((profile) => ProfileView.of(profile)),
        providers: oauth.providers.map(({ provider, status, expiresAt }) => ({ provider, status, expiresAt })),
      },
    };
  }
}
