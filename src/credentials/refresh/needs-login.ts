/** A login cannot go on by itself: a person has to sign in again. Never asked again for the same refresh token. */
export class NeedsLogin extends Error {
  override readonly name = 'NeedsLogin';

  constructor(
    readonly profile: string,
    readonly reason: string,
  ) {
    super(`${profile} needs somebody to sign in again (${reason})`);
  }
}
