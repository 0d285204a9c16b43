import { describe, expect, it } from '@jest/globals';
import { allowedMethods } from './allowed-methods.js';

describe('the methods that a path knows', () => {
  it.each([
    ['/v1/events', ['POST', 'OPTIONS']],
    ['/v1/events?results=all', ['POST', 'OPTIONS']],
    ['/v1/stats', ['GET', 'HEAD', 'OPTIONS']],
    ['/v1/event%2Dtypes', ['GET', 'HEAD', 'OPTIONS']],
    ['/v1/event-types/view', ['GET', 'PUT', 'HEAD', 'OPTIONS']],
    ['/v1/admin/ledger', ['GET', 'HEAD', 'OPTIONS']],
    ['/v1/admin/losses', ['GET', 'POST', 'HEAD', 'OPTIONS']],
    ['/openapi.json', ['GET', 'HEAD', 'OPTIONS']],
  ])('of %s', (target, methods) => expect(allowedMethods(target)).toEqual(methods));

  it.each([
    '/',
    '/v1',
    '/v1/nothing',
    '//v1/events',
    '/v1//events',
    '/V1/events',
    '/openapi-json',
    '/v1/event-types/a/b',
    '*',
  ])('of %s: nothing is there', (target) => {
    expect(allowedMethods(target)).toEqual([]);
  });
});
