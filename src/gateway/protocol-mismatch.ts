import { Refused } from '../kernel/errors.js';
import { OLDEST_PROTOCOL, PROTOCOL } from './protocol.js';

/** A client asks for a range of protocols without any that we speak. */
export class ProtocolMismatch extends Refused {
  constructor(
    private readonly minProtocol: number | undefined,
    private readonly maxProtocol: number | undefined,
  ) {
    super('protocol_mismatch');
  }

  /** What the native error says of it. */
  get details(): Readonly<Record<string, unknown>> {
    return {
      code: 'PROTOCOL_MISMATCH',
      clientMinProtocol: this.minProtocol,
      clientMaxProtocol: this.maxProtocol,
      expectedProtocol: PROTOCOL,
      minimumProbeProtocol: OLDEST_PROTOCOL,
    };
  }
}
