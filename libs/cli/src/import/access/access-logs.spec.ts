import { describe, expect, it } from '@jest/globals';
import { readText } from '../../../test/support/read-text.js';

const readAll = (lines: readonly string[], format?: string) =>
  readText(lines.join('\n'), { format });

const event = (subject: string, time: string, method: string, status: number, value?: number) => ({
  id: 'given',
  type: 'view',
  subject,
  time,
  ...(value === undefined ? undefined : { value }),
  attributes: { method, status },
});

const s3 = (operation: string, request: string, rest: string) =>
  `79a5 files [06/Feb/2026:00:00:38 +0000] 192.0.2.3 79a5 3E57 ${operation} a%20b.txt ${request} ${rest} "-" "say \\"hi\\"" - h= SigV4 - AuthHeader h TLSv1.2 -`;
const CLF = '192.0.2.1 - - [06/Feb/2026:01:00:00 +0100] "GET /c HTTP/1.1" 200 5';

describe('access logs', () => {
  it('of S3 count requests, not what S3 does by itself', async () => {
    expect(
      await readAll([
        s3('REST.GET.OBJECT', '"GET /files/a%20b.txt?versionId=1 HTTP/1.1"', '200 - 113 113 7 6'),
        s3('REST.PUT.OBJECT', '"PUT /files/a%20b.txt HTTP/1.1"', '403 AccessDenied - - 7 -'),
        s3('S3.EXPIRE.OBJECT', '"-"', '- - - 9 - -'),
        s3('S3.EXPIRE.OBJECT', '-', '- - - 9 - -'),
      ]),
    ).toEqual([
      'an access log of S3',
      event('/files/a%20b.txt', '2026-02-06T00:00:38.000Z', 'GET', 200, 113),
      event('/files/a%20b.txt', '2026-02-06T00:00:38.000Z', 'PUT', 403),
      expect.stringContaining('not a request'),
      expect.stringContaining('not a request'),
    ]);
  });

  it('of load balancers have times that are cut to milliseconds', async () => {
    const rest = (request: string) =>
      `lb 192.0.2.1:80 10.0.0.1:80 0.001 -1 0.002 200 200 34 366 "${request}" "a \\"b\\"" - -`;
    const time = '2026-02-06T00:00:38.999999Z';
    const counted = event('/x', '2026-02-06T00:00:38.999Z', 'GET', 200, 366);
    const request = 'GET https://example.org:443/x?y HTTP/2.0';
    expect(await readAll([`h2 ${time} app/${rest(request)}`])).toEqual([
      'an access log of an Application Load Balancer',
      counted,
    ]);
    expect(await readAll([`${time} ${rest(request)}`, `${time} ${rest('- - - ')}`])).toEqual([
      'an access log of a Classic Load Balancer',
      counted,
      expect.stringContaining('not a request'),
    ]);
  });

  it('of two kinds in one file end the import at the first line of the other', async () => {
    const lines = [CLF, 'garbage', s3('REST.GET.OBJECT', '"GET /a HTTP/1.1"', '200 - 1 1 7 6')];
    await expect(readAll(lines)).rejects.toThrow(/stdin, line 3: expected .*, this is .* S3/);
    expect(await readAll(lines, 'clf')).toEqual([
      expect.objectContaining({ subject: '/c' }),
      expect.stringContaining('expected'),
      expect.stringContaining('expected'),
    ]);
  });
});
