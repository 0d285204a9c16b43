/** Types of frames of HTTP/2 (RFC 9113, 6). */
export const FRAME = { headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 } as const;
export const FLAG = { endStream: 1, endHeaders: 4 } as const;

/** A frame: length (24 bits), type, flags, stream (32 bits), payload. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** What a client begins with. */
export const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(FRAME.settings, 0, 0),
]);

/** HPACK (RFC 7541): a header that is not in the table, as it is. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.of(Math.min(value.length, 126)), Buffer.from(value.slice(0, 126))]);
}

/** Headers of a call of gRPC. */
export const CALL = Buffer.concat([
  // :method POST and :scheme http, by their place in the static table.
  Buffer.of(0x83, 0x86),
  literal(':path', '/grpc.health.v1.Health/Check'),
  literal(':authority', 'localhost'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
]);
