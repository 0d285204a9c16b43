import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ACL_OPERATION,
  ACL_PATTERN,
  ACL_PERMISSION,
  ACL_RESOURCE,
  KAFKA_ERRORS,
  type AclFilter,
} from '@tally/kafka-wire';
import { createLogger } from '@tally/service-kit';
import type { Caller } from '../../server/request-router.js';
import { OPEN } from '../authentication.js';
import { AclFile } from './acl-file.js';
import { createAclsHandler, deleteAclsHandler, describeAclsHandler } from './acl-handlers.js';

const RULES = `# ours
User:ann  read,write  topic    literal   a
User:ann  read        topic    literal   a
User:bob  read        topic    prefixed  a-
User:*    describe    group    literal   *
User:ann  all         cluster
`;
const dir = mkdtempSync(join(tmpdir(), 'tally-acl-'));
const path = join(dir, 'rights');
const logger = createLogger('test', { instance: 'i', logLevel: 'error' });
logger.level = 'silent';
let file: AclFile;
beforeAll(async () => {
  writeFileSync(path, RULES);
  file = await AclFile.open(path, logger);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ANY: AclFilter = {
  type: ACL_RESOURCE.any,
  name: null,
  pattern: ACL_PATTERN.any,
  principal: null,
  host: null,
  operation: ACL_OPERATION.any,
  permission: ACL_PERMISSION.any,
};
const caller: Caller = {
  clientId: '',
  clientHost: 'here',
  signal: new AbortController().signal,
  reserveAnswer: () => Promise.resolve(),
  authentication: OPEN,
};
const acl = (user: string, operation: keyof typeof ACL_OPERATION) =>
  `User:${user} ${ACL_OPERATION[operation]}`;

/** What is told of rules that match, each resource in a line with its entries behind it. */
async function told(filter: Partial<AclFilter>) {
  const answer = await describeAclsHandler(file)({ ...ANY, ...filter }, caller);
  expect(answer).toMatchObject({ errorCode: 0, errorMessage: null });
  return answer?.resources.map(({ type, name, pattern, acls }) => [
    `${type} ${name} ${pattern}`,
    ...acls.map(({ principal, operation }) => `${principal} ${operation}`),
  ]);
}

const A = ['2 a 3', acl('ann', 'read'), acl('ann', 'write')];
const PREFIXED = ['2 a- 4', acl('bob', 'read')];
const GROUPS = ['3 * 3', acl('*', 'describe')];
const CLUSTER = ['4 kafka-cluster 3', acl('ann', 'all')];

describe('the rights that are told', () => {
  it('are all rules of the file, each once and as it stands there, by resource', async () => {
    expect(await told({})).toEqual([A, PREFIXED, GROUPS, CLUSTER]);
    const answer = await describeAclsHandler(file)(ANY, caller);
    const entries = answer?.resources.flatMap(({ acls }) => acls) ?? [];
    expect(new Set(entries.map(({ host, permission }) => `${host} ${permission}`))).toEqual(
      new Set([`* ${ACL_PERMISSION.allow}`]),
    );
  });

  it.each<[string, Partial<AclFilter>, string[][]]>([
    ['a kind of thing', { type: ACL_RESOURCE.topic }, [A, PREFIXED]],
    ['a kind that no rule has', { type: 5 }, []],
    ['a name', { name: 'a' }, [A]],
    ['the cluster', { type: 4, name: 'kafka-cluster', pattern: ACL_PATTERN.match }, [CLUSTER]],
    ['a pattern', { pattern: ACL_PATTERN.prefixed }, [PREFIXED]],
    ['a name and the other pattern', { name: 'a', pattern: ACL_PATTERN.prefixed }, []],
    ['what holds for a topic', { type: 2, name: 'a-b', pattern: ACL_PATTERN.match }, [PREFIXED]],
    ['what holds for a group', { type: 3, name: 'g', pattern: ACL_PATTERN.match }, [GROUPS]],
    ['a user', { principal: 'User:bob' }, [PREFIXED]],
    ['a host', { host: '127.0.0.1' }, []],
    ['an operation', { operation: ACL_OPERATION.write }, [['2 a 3', acl('ann', 'write')]]],
    ['one that is new', { operation: 13 }, []],
    ['what is denied', { permission: ACL_PERMISSION.deny }, []],
    ['what is allowed', { permission: ACL_PERMISSION.allow, type: 3 }, [GROUPS]],
  ])('are those that match %s', async (_, filter, expected) => {
    expect(await told(filter)).toEqual(expected);
  });

  it('are those of the file as it is now', async () => {
    writeFileSync(path, 'User:cleo create cluster\n');
    await file.refresh();
    expect(await told({})).toEqual([['4 kafka-cluster 3', acl('cleo', 'create')]]);
    writeFileSync(path, RULES);
    await file.refresh();
  });

  it.each(['type', 'pattern', 'operation', 'permission'] as const)(
    'are none where the %s of the filter is the number of nothing',
    async (field) => {
      expect(await describeAclsHandler(file)({ ...ANY, [field]: 0 }, caller)).toEqual({
        errorCode: KAFKA_ERRORS.INVALID_REQUEST,
        errorMessage: `expected as ${field} of a filter a number from 1 (any) on, got 0`,
        resources: [],
      });
    },
  );
});

const entry = { principal: 'User:ann', host: '*', operation: 3, permission: 3 };
const creation = { type: 2, name: 'a', pattern: 3, ...entry };

describe('a change of rights by a request', () => {
  it('is refused with the name of the file to change, said once however many there are', async () => {
    const refusals = [
      { errorCode: KAFKA_ERRORS.POLICY_VIOLATION, errorMessage: expect.stringContaining(path) },
      { errorCode: KAFKA_ERRORS.POLICY_VIOLATION, errorMessage: null },
    ];
    const creations = [creation, creation];
    expect(await createAclsHandler(file)({ creations }, caller)).toEqual({ results: refusals });
    expect(await deleteAclsHandler(file)({ filters: [ANY, ANY] }, caller)).toEqual({
      results: refusals.map((refusal) => ({ ...refusal, matching: [] })),
    });
    expect(await told({})).toHaveLength(4);
  });
});

it('without a file rights are off, and each request says so', async () => {
  const off = {
    errorCode: KAFKA_ERRORS.SECURITY_DISABLED,
    errorMessage: expect.stringContaining('TALLY_KAFKA_ACL_FILE'),
  };
  expect(await describeAclsHandler(undefined)(ANY, caller)).toEqual({ ...off, resources: [] });
  expect(await createAclsHandler(undefined)({ creations: [creation] }, caller)).toEqual({
    results: [off],
  });
  expect(await deleteAclsHandler(undefined)({ filters: [ANY] }, caller)).toEqual({
    results: [{ ...off, matching: [] }],
  });
});
