import type { Clock } from '../../kernel/clock.js';
import type { OAuthClient } from '../oauth/oauth-client.js';
import type { OAuthProviders } from '../oauth/oauth-provider.js';
import type { Profile } from '../profile.js';
import type { CliLogins } from '../sync/cli-logins.js';

/** The person who signs in, as far as a way to log in needs to know them. Filled by the edge. */
export interface LoginTerminal {
  /** Whether there is somebody who can be asked. */
  readonly isInteractive: boolean;
  say(text: string): void;
  /** One line. Rejects when `signal` says that the answer is no longer needed. */
  ask(question: string, signal?: AbortSignal): Promise<string>;
  /** The same without showing what is typed. */
  askSecret(question: string): Promise<string>;
  /** What was piped in where nobody can be asked; undefined where nothing was. */
  piped(): Promise<string | undefined>;
  /** Opens a page in a browser on this machine; false where there is none, as over ssh. */
  open(page: string): boolean;
  /** Keeps the process waiting. */
  pause(ms: number): Promise<void>;
}

/** What is asked for. */
export interface LoginRequest {
  /** In its one spelling (`providerId`). */
  readonly provider: string;
  /** `<provider>:<name>` or the name alone; absent: what the method says. */
  readonly profileId?: string;
  /** `365d`, `12h`; a number alone counts days. */
  readonly expiresIn?: string;
  /** The key or token, where it came by standard input or a file: then nobody is asked. */
  readonly secret?: string;
}

/** What a way to log in works with. */
export interface LoginGround {
  readonly terminal: LoginTerminal;
  /** Where one can sign in (`oauthProviders`). */
  readonly providers: OAuthProviders;
  readonly clock: Clock;
  readonly oauth: OAuthClient;
  readonly cliLogins: CliLogins;
}

/** A credential that is not stored yet. */
export interface Login {
  readonly id: string;
  readonly profile: Profile;
}

/** One way to get a credential from a person. It stores nothing, and knows nothing of screens (see store-login.ts). */
export interface LoginMethod {
  readonly id: string;
  readonly aliases: readonly string[];
  /** In a list of ways, after "sign in with" or the like. */
  readonly label: string;
  /** Whether we go to the provider as its client: then `providers` must hold the client's secret. */
  readonly asClient?: true;
  /** Whether it can be had for a provider. */
  offers(provider: string, providers: OAuthProviders): boolean;
  /** Throws Refused for what a person can mend, OAuthRefused when the provider says no, Unavailable when it says nothing. */
  login(request: LoginRequest, ground: LoginGround): Promise<Login>;
}
