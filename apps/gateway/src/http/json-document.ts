import { isUtf8 } from 'node:buffer';
import { TallyError } from '@tally/contracts';
import { scanJson } from '../events/json-scan.js';

/** Parsing cannot be interrupted, and no definition or loss is nearly as long. */
const MAX_DOCUMENT_BYTES = 64 * 1024;

/** A short body of JSON that is not deeply nested, parsed. TallyError `invalid_argument`, `payload_too_large`. */
export function parseJsonDocument(body: unknown): unknown {
  if (Buffer.isBuffer(body) && body.length > MAX_DOCUMENT_BYTES)
    throw new TallyError(
      'payload_too_large',
      `expected at most ${MAX_DOCUMENT_BYTES} bytes, got ${body.length}`,
    );
  if (!Buffer.isBuffer(body) || !isUtf8(body) || scanJson(body).isTooDeep)
    throw new TallyError('invalid_argument', 'expected a JSON object in UTF-8');
  try {
    return JSON.parse(body.toString());
  } catch (cause) {
    throw new TallyError('invalid_argument', 'expected a JSON object, but it is malformed', {
      cause,
    });
  }
}
