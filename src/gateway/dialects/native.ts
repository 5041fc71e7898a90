import { Refused } from '../../kernel/errors.js';
import { type Call, isObject, Malformed } from '../frames.js';
import type { Dialect } from './dialect.js';

/** What stands for the id of a frame that had none. */
const NO_ID = 'invalid';

/** The dialect of the OpenClaw family: typed frames, `req`, `res` and `event`. */
export const native: Dialect = {
  name: 'native',

  read(frame) {
    if (!isObject(frame) || frame['type'] !== 'req') return invalid('type must be "req"');
    const { id, method, params } = frame;
    if (typeof id !== 'string' || id === '') return invalid('id must be a string');
    if (typeof method !== 'string' || method === '') return invalid('method must be a string', id);
    return { id, method, params, notification: false } satisfies Call;
  },

  result: (id, value) =>
    value === undefined
      ? `{"type":"res","id":${JSON.stringify(id)},"ok":true}`
      : `{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${JSON.stringify(value)}}`,

  failure: (id, _code, error) => JSON.stringify({ type: 'res', id: id ?? NO_ID, ok: false, error }),

  event: (name, payload, seq) => JSON.stringify({ type: 'event', event: name, payload, seq }),
};

function invalid(what: string, id: string | null = null): Malformed {
  return new Malformed(new Refused('invalid_frame', { message: `invalid request frame: ${what}` }), id);
}
