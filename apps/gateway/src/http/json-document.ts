import { isUtf8 } from 'node:buffer';
import { TallyError } from '@tally/contracts';
import { scanJson } from '../events/json-scan.js';

/** A body of JSON that is not deeply nested, parsed. TallyError `invalid_argument`. */
export function parseJsonDocument(body: unknown): unknown {
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
