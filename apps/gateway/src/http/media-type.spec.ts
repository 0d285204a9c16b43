import { describe, expect, it } from '@jest/globals';
import { mediaTypeOf } from './media-type.js';

const ALLOWED = ['application/json', 'application/x-ndjson'] as const;
const of = (type: string | undefined, encoding?: string) =>
  mediaTypeOf({ 'content-type': type, 'content-encoding': encoding }, ALLOWED);

describe('the media type', () => {
  it.each([
    ['application/json', 'application/json'],
    ['Application/JSON; charset=UTF-8', 'application/json'],
    ['application/x-ndjson;charset="utf-8"', 'application/x-ndjson'],
    ['application/json;', 'application/json'],
    ['application/json ; charset = utf8', 'application/json'],
    ['application/json;charset=utf-8;charset="UTF-8"', 'application/json'],
    ['application/json; version=1', 'application/json'],
    ['application/json; charset=utf-8; profile="a;b"', 'application/json'],
    ['application/json; profile="a;charset=latin1"', 'application/json'],
    ['application/json; profile="\\";charset=latin1"; Charset = "utf-8"', 'application/json'],
    ['application/json; charset', 'application/json'],
  ])('%s is %s', (text, type) => expect(of(text)).toBe(type));

  it.each([
    undefined,
    '',
    'text/plain',
    'application/jsonx',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/json; charset=us-ascii',
    'application/json; charset=',
    'application/json; profile="a"; charset=latin1',
    'application/json; profile=a;charset="latin1"',
    'application/json; profile="a;charset=latin1',
    'application/json; version=1; charset=iso-8859-1',
    'application/json; charset=utf-8; charset=latin1',
    'json',
  ])('%j is refused', (text) => {
    expect(() => of(text)).toThrow(expect.objectContaining({ code: 'unsupported_media_type' }));
  });

  it.each([
    ['text/csv', 'one of application/json, application/x-ndjson, got "text/csv"'],
    [undefined, 'one of application/json, application/x-ndjson, got none'],
    [
      'application/json; charset=latin1',
      'expected UTF-8, the only charset that is read, got charset "latin1"',
    ],
  ])('%j is told what is taken', (text, detail) => {
    expect(() => of(text)).toThrow(detail);
  });

  it('a compressed body is refused, one that says that it is not is taken', () => {
    expect(() => of('application/json', 'gzip')).toThrow('without Content-Encoding');
    expect(of('application/json', 'Identity')).toBe('application/json');
  });
});
