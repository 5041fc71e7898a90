/** What is said to a person by mail. */
export interface Letter {
  readonly to: string;
  readonly subject: string;
  /** Plain text; links stand on lines of their own. */
  readonly text: string;
  /** What it is, for the log. */
  readonly kind: 'verify-email' | 'reset-password' | 'password-changed' | 'already-registered' | 'invitation';
  /** The link in it, where it has one: good once, for whoever holds it. */
  readonly link?: string;
}

const letter = (
  kind: Letter['kind'],
  to: string,
  subject: string,
  lines: readonly string[],
  link?: string,
): Letter => ({
  kind,
  to,
  subject,
  text: `${lines.join('\n')}\n`,
  ...(link !== undefined && { link }),
});

export const verifyLetter = (to: string, link: string): Letter =>
  letter(
    'verify-email',
    to,
    'Confirm your e-mail address',
    [
      'Somebody, probably you, signed up with this e-mail address. Follow this link to confirm it:',
      '',
      link,
      '',
      'The link is good for 24 hours. If it was not you, do nothing.',
    ],
    link,
  );

export const resetLetter = (to: string, link: string): Letter =>
  letter(
    'reset-password',
    to,
    'Set a new password',
    [
      'Somebody, probably you, asked for a new password. Follow this link to set it:',
      '',
      link,
      '',
      'The link is good for one hour, and once. If it was not you, do nothing: your password stays as it is.',
    ],
    link,
  );

export const changedLetter = (to: string): Letter =>
  letter('password-changed', to, 'Your password was changed', [
    'The password of your account was changed, and you were signed out everywhere else.',
    '',
    'If it was not you, set a new password at once: ask for a reset on the sign-in page.',
  ]);

export const alreadyLetter = (to: string, signIn: string): Letter =>
  letter(
    'already-registered',
    to,
    'You have an account already',
    [
      'Somebody, probably you, tried to sign up with this e-mail address. There is an account already; sign in here, or',
      'ask for a new password there if you have forgotten it:',
      '',
      signIn,
    ],
    signIn,
  );

export const invitationLetter = (to: string, link: string): Letter =>
  letter(
    'invitation',
    to,
    'You are invited',
    [
      'Somebody asks you in. Follow this link to sign up with this e-mail address:',
      '',
      link,
      '',
      'The link is good for seven days, and once. If you did not expect it, do nothing.',
    ],
    link,
  );
