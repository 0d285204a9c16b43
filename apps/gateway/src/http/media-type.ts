import { TallyError } from '@tally/contracts';
import { quoted } from '../events/rejection.js';

interface ContentHeaders {
  readonly 'content-type'?: string | undefined;
  readonly 'content-encoding'?: string | string[] | undefined;
}

const MEDIA_TYPE = /^\s*([^\s;]+)\s*(;.*)?$/s;
/** Each parameter, so that what stands in the quotes of one is not taken for another. */
const PARAMETERS = /;\s*([^\s;="]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;]*)))?/g;
const UTF_8 = /^utf-?8$/i;

/**
 * Which of the media types a body has; charset UTF-8 or none, not compressed; other parameters mean
 * nothing here. Anything else is TallyError `unsupported_media_type`, which names what is allowed.
 */
export function mediaTypeOf<T extends string>(headers: ContentHeaders, allowed: readonly T[]): T {
  const named = allowed.find((one) => one === headers['content-type']);
  if (named !== undefined && headers['content-encoding'] === undefined) return named;
  const encoding = String(headers['content-encoding'] ?? 'identity');
  if (encoding.toLowerCase() !== 'identity')
    throw unsupported(`a body without Content-Encoding, got ${quoted(encoding)}`);
  const given = headers['content-type'] ?? '';
  const [, type = '', parameters = ''] = MEDIA_TYPE.exec(given) ?? [];
  const found = allowed.find((one) => one === type.toLowerCase());
  if (found === undefined)
    throw unsupported(
      `Content-Type to be one of ${allowed.join(', ')}, got ${given === '' ? 'none' : quoted(given)}`,
    );
  for (const [, name = '', inQuotes, bare] of parameters.matchAll(PARAMETERS)) {
    const charset = inQuotes ?? bare;
    if (name.toLowerCase() === 'charset' && charset !== undefined && !UTF_8.test(charset))
      throw unsupported(`UTF-8, the only charset that is read, got charset ${quoted(charset)}`);
  }
  return found;
}

function unsupported(expected: string): TallyError {
  return new TallyError('unsupported_media_type', `expected ${expected}`);
}
