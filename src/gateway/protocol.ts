/** The native protocol that we speak. Clients of the documents' time ask for 3: what we use of it has not changed. */
export const PROTOCOL = 4;
export const OLDEST_PROTOCOL = 3;

/** Bytes of one frame before the caller is known (contract section 4). */
export const MAX_PAYLOAD_BEFORE_CONNECT = 65_536;

/** Calls in one JSON-RPC batch. */
export const MAX_BATCH = 100;

/** Brackets within brackets in one frame: more than any method needs, far less than any parser minds (S208). */
export const MAX_DEPTH = 64;

/** RFC 6455 section 7.4.1, and what the family made of 4000 to 4999. */
export const CLOSE = {
  protocolMismatch: 1002,
  policy: 1008,
  internalError: 1011,
  serviceRestart: 1012,
  authChanged: 4001,
} as const;

/** The events that a client may hear. */
export const EVENTS = [
  'connect.challenge',
  'tick',
  'device.pair.requested',
  'device.pair.resolved',
  'node.pair.requested',
  'node.pair.resolved',
  'secrets.degraded',
  'secrets.recovered',
  'chat',
] as const;
