import { Refused } from '../../kernel/errors.js';
import type { CliProgram } from '../sync/cli-login.js';
import { chosenId } from './chosen-id.js';
import type { Login, LoginGround, LoginRequest } from './login-method.js';

/** The login that a program keeps, as a profile. Throws Refused with "No credentials found" when it keeps none. */
export async function cliLogin(program: CliProgram, request: LoginRequest, ground: LoginGround): Promise<Login> {
  ground.cliLogins.forget(program);
  const profile = await ground.cliLogins.read(program);
  if (!profile) {
    const message = `No credentials found: ${program.name} is not signed in on this machine; run \`${program.signIn}\` first`;
    throw new Refused('not_found', { message });
  }
  // Under its own name it is kept in step with the program; under another it would soon be a stale copy.
  const id = request.profileId === undefined ? program.profileId : chosenId(request);
  return { id, profile };
}
