/** An upgrade request; the key is RFC 6455's own example. */
export const UPGRADE = Buffer.from(
  [
    'GET / HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n'),
);

const TEXT = 0x81;
const MASKED = 0x80;

/**
 * A text frame of a client (RFC 6455 section 5.2). Its mask is zero: valid, and no work for the client.
 *
 * @param {string} text up to 65,535 bytes
 */
export function frameOf(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head = length < 126 ? [TEXT, MASKED | length] : [TEXT, MASKED | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

/** Takes the bytes of a server apart: the answer to the upgrade, then frame after frame. */
export class FrameReader {
  upgraded = false;
  /** @type {Buffer | undefined} */
  rest = undefined;
  onUpgraded = () => {};
  /** @type {(text: string) => void} */
  onFrame = () => {};

  /** @param {Buffer} chunk */
  read(chunk) {
    let bytes = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    this.rest = undefined;
    if (!this.upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) return void (this.rest = bytes);
      this.upgraded = true;
      bytes = bytes.subarray(end + 4);
      this.onUpgraded();
    }
    while (bytes.length >= 2) {
      const short = bytes[1] & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < start) break;
      const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
      if (bytes.length < start + length) break;
      this.onFrame(bytes.toString('utf8', start, start + length));
      bytes = bytes.subarray(start + length);
    }
    if (bytes.length > 0) this.rest = bytes;
  }
}
