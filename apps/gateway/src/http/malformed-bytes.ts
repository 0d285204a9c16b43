import type { Refusal } from './refusal.js';

/** Hundreds of subjects fit into the URL of a question. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** What Node's parser says of bytes that it does not take. */
export interface ParserError {
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  /** A buffer: what came last. */
  readonly rawPacket?: unknown;
}

/** A first line of HTTP whose method nobody knows, and not just any bytes. */
const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/1\.[01]\r?\n/;

/** What is answered to bytes that are no request of HTTP/1.1, or never became a whole one. */
export function refusalOfBytes({ code, reason, rawPacket }: ParserError): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        code: 'payload_too_large',
        detail: `expected at most ${MAX_HEAD_BYTES} bytes of URL and headers`,
      };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return {
        status: 413,
        code: 'payload_too_large',
        detail: 'expected chunks without long extensions',
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        code: 'deadline_exceeded',
        detail: 'expected the whole request sooner',
      };
    case 'HPE_PAUSED_H2_UPGRADE':
      return OTHER_VERSION;
    case 'HPE_INVALID_VERSION':
      return reason === 'Invalid HTTP version' ? OTHER_VERSION : malformed();
    case 'HPE_INVALID_METHOD':
      return isRequestLine(rawPacket) ? OTHER_METHOD : malformed();
    case 'HPE_UNEXPECTED_CONTENT_LENGTH':
    case 'HPE_INVALID_CONTENT_LENGTH':
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return malformed(', with one Content-Length or `Transfer-Encoding: chunked`, not both');
    default:
      return malformed();
  }
}

function isRequestLine(bytes: unknown): boolean {
  return Buffer.isBuffer(bytes) && REQUEST_LINE.test(bytes.toString('latin1'));
}

function malformed(more = ''): Refusal {
  return {
    status: 400,
    code: 'invalid_argument',
    detail: `expected a request of HTTP/1.1${more}`,
  };
}

/** For a request in a version of HTTP that is not spoken here. */
export const OTHER_VERSION: Refusal = {
  status: 505,
  code: 'invalid_argument',
  detail: 'expected HTTP/1.1 or HTTP/1.0',
};

/** For a method that is not known, or not for a server like this one. */
export const OTHER_METHOD: Refusal = {
  status: 501,
  code: 'invalid_argument',
  detail: 'expected a method such as GET, POST or PUT',
};
