import { IsInt, Max, Min } from 'class-validator';
import { Settings } from '../config/settings.js';

/** Bounds of the WebSocket side: before anybody has shown who they are, and after. */
@Settings('gateway.websocket')
export class WebSocketSettings {
  /** How long a new socket may take until its `connect` is accepted, in milliseconds. */
  @IsInt()
  @Min(100)
  @Max(120_000)
  connectTimeoutMs = 10_000;

  /** Sockets of one address (IPv4, or IPv6 /64) that have not connected yet. */
  @IsInt()
  @Min(1)
  @Max(10_000)
  maxUnauthenticatedPerAddress = 32;

  /** The same, of everybody together. */
  @IsInt()
  @Min(1)
  @Max(100_000)
  maxUnauthenticated = 1024;

  /** Open connections that one credential may hold. */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  maxConnectionsPerCredential = 20_000;

  /** Bytes of one frame of an authenticated client. */
  @IsInt()
  @Min(65_536)
  @Max(104_857_600)
  maxPayload = 26_214_400;

  /** Bytes that may wait for a client which does not read; beyond them it is cut off. */
  @IsInt()
  @Min(65_536)
  @Max(1_073_741_824)
  maxBufferedBytes = 52_428_800;

  /** How often a client hears `tick`, and how long it may leave a ping unanswered, in milliseconds. */
  @IsInt()
  @Min(1000)
  @Max(300_000)
  tickIntervalMs = 30_000;
}
