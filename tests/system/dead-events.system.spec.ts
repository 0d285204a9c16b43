import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CURRENT_SCHEMA_ID, encodeBlockHeader, type Event } from '@tally/contracts';
import { eventually } from '@tally/testing';
import kafkajs, { type Kafka } from 'kafkajs';
import { entryOf } from '../events/entry-of.js';
import { forgeRecords } from './forge-records.js';
import { startPrivateStack, type PrivateStack } from './private-stack.js';

const ADMIN_KEY = 'master';
/** Of the event types: the first is made at the start. */
const LATER_VERSION = 3;
const PARTITION = 3;

let tally: PrivateStack;
let kafka: Kafka;

beforeAll(async () => {
  const env = { TALLY_ADMIN_KEY: ADMIN_KEY, TALLY_VERSION_WAIT_MS: '500' };
  // In a closed stack nobody but partitioners has the right to write events.
  tally = await startPrivateStack(env, { secure: false });
  const brokers = tally.addresses.kafka.split(',');
  kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  await define('aged');
  await forge([
    blockOf([{ id: 'old', type: 'aged', subject: 'old-video' }], 1),
    blockOf(
      [
        { id: 'a', subject: 'new-video' },
        { id: 'b', subject: 'new-video' },
      ],
      LATER_VERSION,
    ),
    Buffer.from('no block at all'),
  ]);
}, 120_000);
afterAll(() => tally.stop(), 60_000);

async function admin<T>(path: string, body?: object, method = 'POST'): Promise<T> {
  const response = await fetch(`${tally.addresses.gateway}${path}`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body && { method, body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

const define = (type: string) => admin(`/v1/event-types/${type}`, { maxAgeSeconds: 3600 }, 'PUT');

function blockOf(events: readonly Partial<Event>[], registryVersion: number): Buffer {
  const entries = events.map((more) =>
    entryOf({
      project: 'default',
      id: 'x',
      type: 'view',
      subject: 'video',
      time: 0,
      value: null,
      attributes: {},
      timeAssigned: false,
      ...more,
    }),
  );
  const header = { schemaId: CURRENT_SCHEMA_ID, registryVersion, count: events.length };
  return Buffer.concat([encodeBlockHeader(header), ...entries]);
}

const forge = (values: readonly Buffer[]) => forgeRecords(kafka, PARTITION, values);

async function countOf(type: string, subject: string): Promise<number> {
  const query = `type=${type}&subject=${subject}&granularity=total&from=1970-01-01&to=now`;
  const { series } = await admin<{
    readonly series: readonly { readonly points: readonly { readonly count: number }[] }[];
  }>(`/v1/stats?${query}`);
  return series[0]?.points[0]?.count ?? 0;
}

interface Listed {
  readonly events: readonly (Record<string, unknown> & { readonly cause: string })[];
}
interface Settled {
  readonly events: number;
  readonly changes: readonly object[];
  readonly left: readonly { readonly reason: string; readonly events: number }[];
}

const list = (query = '') => admin<Listed>(`/v1/admin/dead-events${query}`);
const replay = (filter: object, query = '') =>
  admin<Settled>(`/v1/admin/dead-events/replay${query}`, {
    by: 'ann',
    reason: 'it is mended',
    filter,
  });

describe('dead events', () => {
  it('are listed, grouped and looked into', async () => {
    await eventually('all are told of', async () => {
      const { events } = await list('?state=open');
      return events.length === 4;
    });
    const { events } = await list();
    expect(events.map(({ cause }) => cause)).toEqual([
      'too_late',
      'unknown_registry_version',
      'unknown_registry_version',
      'malformed_record',
    ]);
    const page = await admin<Listed & { readonly next: string }>(
      '/v1/admin/dead-events?limit=2&state=open',
    );
    const rest = await list(`?after=${page.next}&state=open`);
    expect([...page.events, ...rest.events]).toEqual(events);
    expect((await list('?type=aged')).events).toHaveLength(1);
    expect(
      await admin('/v1/admin/dead-events/groups?cause=unknown_registry_version'),
    ).toMatchObject({ groups: [{ type: 'view', state: 'open', events: 2 }], missingShards: [] });
    expect(await admin(`/v1/admin/dead-events/${PARTITION}/0/0`)).toMatchObject({
      cause: 'too_late',
      event: { id: 'old', subject: 'old-video' },
    });
    expect(await admin(`/v1/admin/dead-events/${PARTITION}/1/1`)).toMatchObject({
      obstacle: `version ${LATER_VERSION} of the event types is not known here`,
    });
    await expect(admin(`/v1/admin/dead-events/${PARTITION}/1/2`)).rejects.toThrow('not_found');
    await expect(list('?cause=late')).rejects.toThrow('expected cause to be one of');
  });

  it('are counted once, by whoever says so first, after a dry run that changes nothing', async () => {
    const before = await replay({ causes: ['too_late'] }, '?dryRun=true');
    expect(before).toMatchObject({
      events: 1,
      changes: [{ type: 'aged', subject: 'old-video', events: 1 }],
    });
    expect(await countOf('aged', 'old-video')).toBe(0);
    const both = await Promise.all([
      replay({ causes: ['too_late'] }),
      replay({ causes: ['too_late'] }),
    ]);
    expect(both.reduce((sum, { events }) => sum + events, 0)).toBe(1);
    expect((await replay({ causes: ['too_late'] })).events).toBe(0);
    expect(await countOf('aged', 'old-video')).toBe(1);
  });

  it('wait for what is not known yet, and mean what their version says', async () => {
    const unknown = { causes: ['unknown_registry_version'] };
    expect(await replay(unknown)).toMatchObject({
      events: 0,
      left: [
        { reason: `version ${LATER_VERSION} of the event types is not known here`, events: 2 },
      ],
    });
    for (let version = 2; version <= LATER_VERSION; version++) await define(`type-${version}`);
    await eventually('the replayer knows the version', async () => {
      return (await replay(unknown, '?dryRun=true')).events === 2;
    });
    expect((await replay(unknown)).events).toBe(2);
    expect(await countOf('view', 'new-video')).toBe(2);
  });

  it('that are discarded are never counted, and all of it is written down', async () => {
    const key = { partition: PARTITION, offset: 2, index: 0 };
    const discarded = await admin<Settled>('/v1/admin/dead-events/discard', {
      by: 'bob',
      reason: 'noise',
      events: [key, { ...key, offset: 9 }],
    });
    expect(discarded).toMatchObject({
      events: 1,
      left: [{ reason: 'nothing is kept of such an event', events: 1 }],
    });
    expect((await list('?state=discarded')).events).toMatchObject([key]);
    expect((await list('?state=open')).events).toEqual([]);
    const { actions } = await admin<{ readonly actions: readonly object[] }>(
      '/v1/admin/dead-events/actions',
    );
    expect(actions).toMatchObject([
      { kind: 'discarded', by: 'bob', reason: 'noise', events: 1 },
      { kind: 'replayed', by: 'ann', events: 2 },
      { kind: 'replayed', by: 'ann', events: 1 },
    ]);
    const { total } = await admin<{ readonly total: object }>('/v1/admin/ledger?from=-1h');
    expect(total).toMatchObject({ counted: 0, dead: 3, tooLate: 1, replayed: 3 });
  });

  it('are for those who have the admin key', async () => {
    for (const path of ['', '/actions', '/groups', '/0/0/0'])
      expect((await fetch(`${tally.addresses.gateway}/v1/admin/dead-events${path}`)).status).toBe(
        401,
      );
  });
});
