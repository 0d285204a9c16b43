import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeCatalogFields } from '@tally/contracts';
import { Refusal } from '@tally/testing/stub-service';
import { OPENAPI } from '../src/openapi/openapi-document.js';
import { GatewayFixture, type RunningGateway } from './support/gateway-fixture.js';

const fixture = new GatewayFixture();
let gateway: RunningGateway;
beforeAll(async () => {
  await fixture.start();
  gateway = await fixture.gateway({ TALLY_ADMIN_KEY: 'master', TALLY_API_KEY: 'api' });
}, 60_000);
afterAll(() => fixture.stop(), 30_000);
beforeEach(() => fixture.reset());

const OPERATIONS = { GET: 'get', PUT: 'put', DELETE: 'delete' } as const;

async function ask(
  method: 'GET' | 'PUT' | 'DELETE',
  subject: string,
  document?: unknown,
  authorization = 'Bearer master',
) {
  const response = await fetch(`${gateway.url}/v1/catalog/${subject}`, {
    method,
    headers: { authorization, ...(document === undefined ? {} : JSON_BODY) },
    ...(document === undefined ? {} : { body: JSON.stringify(document) }),
  });
  const operation = OPENAPI.paths['/v1/catalog/{subject}'][OPERATIONS[method]];
  expect(Object.keys(operation.responses)).toContain(String(response.status));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const JSON_BODY = { 'content-type': 'application/json' };

const send = () =>
  fetch(`${gateway.url}/v1/events`, {
    method: 'POST',
    headers: { ...JSON_BODY, authorization: 'Bearer api' },
    body: JSON.stringify({ id: 'a', type: 'view', subject: 'video-42' }),
  });

describe('the catalogue', () => {
  it('is put and deleted, and later events have to know it', async () => {
    const fields = { owner: 'ann', category: 'music' };
    const put = await ask('PUT', 'video-42', { fields });
    expect(put).toEqual({ status: 200, body: { subject: 'video-42', fields, position: 1 } });
    expect((await send()).status).toBe(202);
    const deleted = await ask('DELETE', 'video-42');
    expect(deleted).toEqual({ status: 200, body: { subject: 'video-42', position: 2 } });
    expect((await send()).status).toBe(202);
    const whose = { kind: 'change', project: 'default', subject: 'video-42' };
    expect(fixture.entries).toEqual([
      { ...whose, fields },
      { ...whose, fields: undefined },
    ]);
    expect(fixture.appends.map(({ catalogPosition }) => catalogPosition)).toEqual(['1', '2']);
  });

  it.each([
    ['a/b?c#d%', 'a%2Fb%3Fc%23d%25'],
    ['ü'.repeat(256), encodeURIComponent('ü'.repeat(256))],
    ['é', 'é'],
  ])('has the subject %s as it was percent-encoded', async (subject, encoded) => {
    expect(await ask('PUT', encoded, { fields: {} })).toMatchObject({ body: { subject } });
    expect(fixture.entries).toMatchObject([{ subject, fields: {} }]);
  });

  it.each([
    ['x'.repeat(513), { fields: {} }, '1 to 512 bytes'],
    ['a%00b', { fields: {} }, 'without NUL'],
    ['a', {}, 'expected'],
    ['a', [], 'an object with fields'],
    ['a', { fields: {}, title: 'x' }, 'title'],
    ['a', { fields: { owner: 7 } }, 'are texts'],
    ['a', { fields: { title: 'x'.repeat(257) } }, 'at most 256 bytes'],
    ['a?b=c', { fields: {} }, 'b'],
  ])('takes no %s with %j', async (subject, document, detail) => {
    expect(await ask('PUT', subject, document)).toMatchObject({
      status: 400,
      body: { code: 'invalid_argument', detail: expect.stringContaining(detail) },
    });
    expect(fixture.entries).toEqual([]);
  });

  it('takes no notice of a body, or of its type alone, where something is deleted', async () => {
    const headers = { ...JSON_BODY, authorization: 'Bearer master' };
    for (const body of [undefined, '{}', '']) {
      const url = `${gateway.url}/v1/catalog/a`;
      const init = body === undefined ? {} : { body };
      const response = await fetch(url, { method: 'DELETE', headers, ...init });
      expect([body, response.status]).toEqual([body, 200]);
    }
  });

  it('is read by who may ask for counts', async () => {
    const asked: object[] = [];
    fixture.onGetCatalogEntry = async (request) => {
      asked.push(request);
      return { value: encodeCatalogFields({ owner: 'ann' }), position: '7' };
    };
    expect(await ask('GET', 'a%2Fb', undefined, 'Bearer api')).toEqual({
      status: 200,
      body: { subject: 'a/b', fields: { owner: 'ann' }, position: 7 },
    });
    expect(asked).toEqual([{ project: 'default', subject: 'a/b' }]);
    expect(await ask('GET', 'a', undefined, 'Bearer other')).toMatchObject({ status: 401 });
    expect(asked).toHaveLength(1);
  });

  it('says where nothing is known of a subject, and where nobody can say', async () => {
    const answers = [
      ['not_found', 404],
      ['unavailable', 503],
    ] as const;
    for (const [code, status] of answers) {
      fixture.onGetCatalogEntry = () => Promise.reject(new Refusal(code));
      expect(await ask('GET', 'a', undefined, 'Bearer api')).toMatchObject({
        status,
        body: { code },
      });
    }
  });

  it.each(['x'.repeat(513), 'a%00b', 'a?b=c', '%ff'])('is not asked for %s', async (subject) => {
    const { status } = await ask('GET', subject, undefined, 'Bearer api');
    expect(status).toBe(400);
  });

  it('is for who may administer', async () => {
    for (const method of ['PUT', 'DELETE'] as const) {
      const document = method === 'PUT' ? { fields: {} } : undefined;
      expect(await ask(method, 'a', document, 'Bearer api')).toMatchObject({ status: 403 });
      expect(await ask(method, 'a', document, 'Bearer other')).toMatchObject({ status: 401 });
    }
    expect(fixture.entries).toEqual([]);
  });

  it('says when the log did not confirm', async () => {
    fixture.onPutCatalogEntry = () => Promise.reject(new Refusal('unavailable'));
    const { status, body } = await ask('PUT', 'a', { fields: {} });
    expect([status, body['code']]).toEqual([503, 'unavailable']);
  });

  it('answers another method with those that it knows', async () => {
    const response = await fetch(`${gateway.url}/v1/catalog/a%2Fb`, {
      method: 'POST',
      headers: { authorization: 'Bearer api' },
    });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, PUT, DELETE, OPTIONS');
  });
});
