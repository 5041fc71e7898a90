/** One wrong field, as the gateway tells of it. */
export interface WrongField {
  readonly path: string;
  readonly message: string;
}

interface ErrorBody {
  readonly error?: {
    readonly message?: string;
    readonly code?: string;
    readonly requestId?: string;
    readonly fields?: readonly WrongField[];
  };
}

/** What the gateway refused, or that it did not answer (code `network`). */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
    readonly requestId?: string,
    readonly fields: readonly WrongField[] = [],
    /** Seconds to wait. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** The failure that an answer tells of. */
export async function failureOf(response: Response): Promise<Failure> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const { code = 'internal_error', message = response.statusText, requestId, fields } = body.error ?? {};
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : undefined;
  return new Failure(code, message, response.status, requestId, fields, retryAfter);
}
