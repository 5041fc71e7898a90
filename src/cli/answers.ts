import { CliError } from './cli-error.js';
import { adviceFor } from './advice.js';
import type { Target } from './target.js';

/** Why there was no answer at all, with what to do about it. */
export function unreachable(
  { url, isLocal }: Pick<Target, 'url' | 'isLocal'>,
  error: unknown,
  timeoutMs = 10_000,
): CliError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' && isLocal) {
    return new CliError(`no gateway is running at ${url}`, {
      code: 'not_running',
      nextStep: 'Start it with: doorward gateway run',
    });
  }
  const reason =
    code === 'ETIMEDOUT'
      ? `no answer within ${timeoutMs / 1000} seconds`
      : code === 'ENOTFOUND'
        ? 'no such host'
        : (code ?? message);
  return new CliError(`${url} cannot be reached: ${reason}`, {
    code: 'unreachable',
    nextStep: 'Check the address and that the gateway is running.',
  });
}

/** The gateway asks for a credential, and the one that is configured is a reference that only the gateway follows. */
export function secretUnavailable(why: string): CliError {
  return new CliError(why, {
    code: 'GATEWAY_SECRET_REF_UNAVAILABLE',
    nextStep: 'Give the credential by --token-file or --token-stdin, or in DOORWARD_GATEWAY_TOKEN.',
  });
}

/** A gateway's "no", with its code, its sentence and the next step. */
export function refusal(
  status: number,
  body: unknown,
  target: Pick<Target, 'credentialFrom' | 'isLocal' | 'unavailable'>,
): CliError {
  if (status === 401 && target.unavailable !== undefined) return secretUnavailable(target.unavailable);
  const { code, message, requestId, fields } = errorOf(body);
  const details = fields.map(({ path, message: rule }) => `\n  ${path}: ${rule}`).join('');
  const sentence = `${message ?? `the gateway answered ${status}`}${code === undefined ? '' : ` (${code})`}${details}`;
  const steps = [
    status === 401 && shown(target),
    code !== undefined && adviceFor(code)?.next,
    status === 401 && requestId !== undefined && `An administrator sees why with: doorward auth explain ${requestId}`,
  ].filter((step) => typeof step === 'string');
  return new CliError(sentence, { code, ...(steps.length > 0 && { nextStep: steps.join('\n') }) });
}

const shown = ({ credentialFrom }: Pick<Target, 'credentialFrom'>): string =>
  credentialFrom === undefined
    ? 'No credential was sent: add --token-file, --token-stdin or --password-file.'
    : `The credential came from ${credentialFrom}.${credentialFrom === 'doorward login' ? ' Sign in again with it.' : ''}`;

interface ErrorBody {
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly requestId: string | undefined;
  readonly fields: readonly { readonly path: string; readonly message: string }[];
}

/** The parts of an error body, of which a stranger's answer may have none. */
function errorOf(body: unknown): ErrorBody {
  const error = record(record(body)['error']);
  const text = (name: string): string | undefined => (typeof error[name] === 'string' ? error[name] : undefined);
  const fields = (Array.isArray(error['fields']) ? error['fields'] : []).map(record);
  return {
    code: text('code'),
    message: text('message'),
    requestId: text('requestId'),
    fields: fields.map(({ path, message }) => ({ path: String(path), message: String(message) })),
  };
}

/** A value as an object, or an empty one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
