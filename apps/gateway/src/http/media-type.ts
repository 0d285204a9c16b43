import { TallyError } from '@tally/contracts';

interface ContentHeaders {
  readonly 'content-type'?: string | undefined;
  readonly 'content-encoding'?: string | string[] | undefined;
}

const MEDIA_TYPE = /^\s*([^\s;]+)\s*(?:;\s*charset\s*=\s*"?([^\s;"]+)"?\s*)?;?\s*$/i;

/**
 * Which of the media types a body has; charset UTF-8 or none, not compressed. Anything else is
 * TallyError `unsupported_media_type`.
 */
export function mediaTypeOf<T extends string>(headers: ContentHeaders, allowed: readonly T[]): T {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new TallyError('unsupported_media_type', 'expected a body without Content-Encoding');
  const [, type = '', charset = 'utf-8'] = MEDIA_TYPE.exec(headers['content-type'] ?? '') ?? [];
  const found = allowed.find((one) => one === type.toLowerCase());
  if (found === undefined || !/^utf-?8$/i.test(charset))
    throw new TallyError('unsupported_media_type', `expected ${allowed.join(' or ')} in UTF-8`);
  return found;
}
