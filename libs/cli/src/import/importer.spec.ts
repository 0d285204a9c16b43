import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deliver } from '@tally/client';
import { Journal } from '@tally/client/journal';
import { freePort } from '@tally/testing';
import { NO_OPTIONS } from '../../test/support/read-text.js';
import { recordsOf } from './formats.js';
import { Importer, MAX_REJECTED, type ImportOptions } from './importer.js';
import { openInput } from './input.js';
import type { InputRecord } from './reading.js';

const MINUTE_MS = 60_000;

interface Sent {
  readonly id: string;
  readonly subject: string;
}

/** What the gateway does with the next request; undefined: takes it. */
type Answer = number | 'hang up' | 'take and hang up';

let dir: string;
let server: Server;
let gateway: string;
let answers: (Answer | undefined)[];
let retryAfter: string | undefined;
/** Subjects that are refused: alone, or with all that came with them. */
let refused: Set<string>;
let poison: Set<string>;
/** Subjects that were taken, by id: duplicates are recognised. */
let counted: Map<string, string>;
let requests: string[][];
let clock: number;
let waits: number[];
let said: string[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tally-import-'));
  [answers, requests, waits, said, clock] = [[], [], [], [], 0];
  [refused, poison, counted, retryAfter] = [new Set(), new Set(), new Map(), undefined];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const events = body.split('\n').map((line) => JSON.parse(line) as Sent);
      requests.push(events.map(({ subject }) => subject));
      const answer = answers.shift();
      if (answer === 'hang up') return response.destroy();
      if (typeof answer === 'number')
        return response
          .writeHead(answer, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
          .end('{}');
      if (events.some(({ subject }) => poison.has(subject)))
        return response.writeHead(400).end('{}');
      const results = events.flatMap(({ subject }, index) =>
        refused.has(subject) ? [{ index, code: 'subject_invalid', detail: subject }] : [],
      );
      for (const { id, subject } of events) if (!refused.has(subject)) counted.set(id, subject);
      if (answer === 'take and hang up') return response.destroy();
      const accepted = events.length - results.length;
      return response
        .writeHead(accepted > 0 ? 202 : 422)
        .end(JSON.stringify({ accepted, rejected: results.length, results }));
    });
  });
  // A test that is held up for seconds by others finds its connections open.
  server.keepAliveTimeout = MINUTE_MS;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true });
});

const subjects = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => `s${index + from}`);
const linesOf = (names: readonly string[]) =>
  names.map((name) => (name === '' ? '' : JSON.stringify({ subject: name })));

function importerOf(options: Partial<ImportOptions> = {}): Importer {
  return new Importer(
    {
      source: '',
      type: 'view',
      batchEvents: 10,
      connections: 1,
      resendDoubtful: false,
      ...options,
    },
    {
      openJournal: (input) => new Journal(join(dir, 'journal'), { input, gateway: 'here' }),
      deliver: (events) => deliver(events, { gateway, apiKey: '' }),
      onUnreadable: (line) => said.push(`${line} unreadable`),
      onRejected: (line, why) => said.push(`${line} ${why}`),
      onProgress: () => undefined,
      report: (line) => said.push(line),
      now: () => clock,
      wait: (ms) => {
        waits.push(ms);
        clock += ms;
        return Promise.resolve();
      },
    },
  );
}

async function* recordsIn(lines: readonly string[]): AsyncGenerator<InputRecord> {
  const input = await openInput('-', Readable.from([Buffer.from(lines.join('\n'))]));
  yield* recordsOf(input, { ...NO_OPTIONS, format: 'ndjson' });
}

/** One run over lines of NDJSON: one connection and 10 events a batch unless told otherwise. */
async function run(lines: readonly string[], options: Partial<ImportOptions> = {}) {
  const { doubtful, ...figures } = await importerOf(options).run(recordsIn(lines));
  return { ...figures, doubtful: doubtful.toString() };
}

const NOTHING = { sent: 0, before: 0, unreadable: 0, rejected: 0, doubtful: '' };
const tookOnce = (names: readonly string[]) =>
  expect([...counted.values()].sort()).toEqual([...names].sort());

describe('an import', () => {
  const names = subjects(25);
  const lines = linesOf(names);

  it('sends everything once, and nothing when it is started again', async () => {
    expect(await run(lines)).toEqual({ ...NOTHING, lines: 25, sent: 25 });
    expect(requests.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(await run(lines)).toEqual({ ...NOTHING, lines: 25, before: 25 });
    expect(requests.length).toBe(3);
    tookOnce(names);
  });

  it('sends what was appended, in batches of any size', async () => {
    await run(lines.slice(0, 15));
    expect(await run(lines, { batchEvents: 3, connections: 4 })).toMatchObject({
      sent: 10,
      before: 15,
    });
    tookOnce(names);
  });

  it('passes over lines that are none, and counts those between events as settled', async () => {
    const mixed = ['', ...lines.slice(0, 12), 'garbage', ...lines.slice(12), 'garbage'];
    expect(await run(mixed)).toEqual({ ...NOTHING, lines: 28, sent: 25, unreadable: 2 });
    expect(said).toEqual(['14 unreadable', '28 unreadable']);
    expect(await run(mixed)).toEqual({ ...NOTHING, lines: 28, before: 26, unreadable: 1 });
    tookOnce(names);
  });

  it('tells lines that the gateway refuses, and tries those alone the next time', async () => {
    refused = new Set(['s3', 's11', 's12']);
    expect(await run(lines)).toMatchObject({ sent: 22, rejected: 3 });
    expect(said).toEqual(['3', '11', '12'].map((line) => `${line} subject_invalid: s${line}`));
    refused = new Set(['s3']);
    requests = [];
    expect(await run(lines)).toMatchObject({ sent: 2, rejected: 1, before: 22 });
    expect(requests.flat()).toEqual(['s3', 's11', 's12']);
  });

  it('stops when far too many are refused', async () => {
    refused = new Set(subjects(MAX_REJECTED + 1));
    const many = linesOf([...refused]);
    await expect(run(many, { batchEvents: 5000 })).rejects.toThrow('refused more than');
  });

  it('finds the event that spoils its whole batch', async () => {
    poison = new Set(['s7']);
    expect(await run(lines)).toMatchObject({ sent: 24, rejected: 1 });
    expect(said).toEqual(['7 400 "{}"']);
    tookOnce(names.filter((name) => name !== 's7'));
  });

  it('sends a batch again that got no answer, or was refused for now', async () => {
    answers = [undefined, 'take and hang up', 'hang up', 503, 429];
    expect(await run(lines)).toMatchObject({ sent: 25 });
    expect(requests.map(([first]) => first)).toEqual([
      's1',
      's11',
      's11',
      's11',
      's11',
      's11',
      's21',
    ]);
    expect(waits.length).toBe(4);
    tookOnce(names);
  });

  it('waits as long as Retry-After says', async () => {
    [answers, retryAfter] = [[503, 429], '7'];
    await run(lines);
    expect(waits).toEqual([7000, 7000]);
  });

  it.each([
    [401, 'TALLY_API_KEY'],
    [404, 'no gateway of Tally'],
  ])('ends at once when the gateway answers %i, and doubts nothing later', async (status, why) => {
    answers = [status];
    await expect(run(lines)).rejects.toThrow(why);
    expect(requests.length).toBe(1);
    clock = 60 * MINUTE_MS;
    expect(await run(lines)).toMatchObject({ sent: 25, doubtful: '' });
  });

  it.each([
    ['nothing listens', freePort],
    ['the port is of another protocol', () => 9],
  ])('ends at once when %s, and doubts nothing later', async (_, port) => {
    const listening = gateway;
    gateway = `http://127.0.0.1:${await port()}`;
    await expect(run(lines)).rejects.toThrow('is Tally running?');
    [gateway, clock] = [listening, 60 * MINUTE_MS];
    expect(await run(lines)).toMatchObject({ sent: 25, doubtful: '' });
  });

  it('sends what it had read when the input breaks off', async () => {
    async function* broken() {
      yield* recordsIn(lines);
      throw new Error('the disk is gone');
    }
    await expect(importerOf({ connections: 2 }).run(broken())).rejects.toThrow('the disk is gone');
    tookOnce(names);
  });
});

describe('an import after one that was killed', () => {
  const names = subjects(30);
  const lines = linesOf(names);
  const file = () => join(dir, 'journal');
  /** As if the process had ended behind that many lines of the journal and half of the next. */
  const cutJournal = (kept: number) => {
    const all = readFileSync(file(), 'utf8').split('\n');
    writeFileSync(file(), `${all.slice(0, kept).join('\n')}\n${all[kept]?.slice(0, 20)}`);
  };

  // Line 1 is the header, then "sending" and "acknowledged" for each of three batches.
  it.each([1, 2, 3, 4, 5, 6])('goes on behind line %i of the journal', async (kept) => {
    await run(lines);
    cutJournal(kept);
    expect((await run(lines)).before).toBe(10 * Math.floor((kept - 1) / 2));
    expect((await run(lines)).before).toBe(30);
    tookOnce(names);
  });

  it('leaves lines alone that have been in doubt for more than 5 minutes', async () => {
    // A line before them that is still to be sent takes none of them with it.
    refused = new Set(['s10']);
    await run(lines);
    refused.clear();
    cutJournal(4);
    clock = 5 * MINUTE_MS + 1;
    expect(await run(lines)).toMatchObject({ sent: 11, before: 9, doubtful: '11-20' });
    expect(await run(lines)).toMatchObject({ sent: 0, before: 20, doubtful: '11-20' });
    expect(await run(lines, { resendDoubtful: true })).toMatchObject({ sent: 10, doubtful: '' });
    expect(await run(lines)).toMatchObject({ before: 30, doubtful: '' });
  });

  it('doubts a batch once and for all that may have arrived', async () => {
    answers = ['take and hang up', 429, 401];
    await expect(run(lines)).rejects.toThrow('TALLY_API_KEY');
    clock = 10 * MINUTE_MS;
    expect(await run(lines)).toMatchObject({ sent: 20, doubtful: '1-10' });
    tookOnce(names);
  });

  it('doubts a batch of which one half has arrived', async () => {
    poison = new Set(['s7']);
    answers = [undefined, undefined, 401];
    await expect(run(lines)).rejects.toThrow('TALLY_API_KEY');
    expect(requests.map(({ length }) => length)).toEqual([10, 5, 5]);
    [poison, clock] = [new Set(), 10 * MINUTE_MS];
    expect(await run(lines)).toMatchObject({ sent: 20, doubtful: '1-10' });
  });

  it('sends them when it is 5 minutes or less', async () => {
    await run(lines);
    cutJournal(4);
    clock = 5 * MINUTE_MS;
    expect(await run(lines)).toMatchObject({ sent: 20, before: 10, doubtful: '' });
  });

  it('stops rather than send a batch for longer than that', async () => {
    answers = [undefined, ...Array.from({ length: 100 }, () => 503)];
    await expect(run(lines)).rejects.toThrow('could count them twice');
    expect(clock).toBeLessThanOrEqual(5 * MINUTE_MS);
    expect(clock).toBeGreaterThan(4 * MINUTE_MS);
    answers = [];
    expect(await run(lines)).toMatchObject({ sent: 20, before: 10 });
  });

  it.each([
    [
      'another from some line on',
      [...linesOf(subjects(3)), ...linesOf(subjects(27, 100))],
      'not the same',
    ],
    ['cut', linesOf(subjects(9)), 'ends at 9'],
  ])('sends nothing of an input that is %s', async (_, others, why) => {
    await run(lines);
    cutJournal(2);
    requests = [];
    await expect(run(others, { batchEvents: 2 })).rejects.toThrow(why);
    expect(requests).toEqual([]);
    expect((await run(lines)).doubtful).toBe('');
    tookOnce(names);
  });
});
