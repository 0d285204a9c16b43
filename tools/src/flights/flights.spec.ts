import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { differences, figuresOf, table } from './figures.js';
import { eventOf, readFlights } from './flights.js';
import { Journal } from './journal.js';
import { BATCH_SIZE, sendFlights } from './sender.js';

const flights = readFlights();

describe('the flights', () => {
  it('are 20 000 from 220 airports, with ids of their own', () => {
    expect(flights.length).toBe(20_000);
    expect(figuresOf(flights).size).toBe(220);
    expect(new Set(flights.map((flight) => eventOf(flight).id)).size).toBe(20_000);
  });

  it('have their times read as UTC', () => {
    expect(flights.slice(0, 1).map(eventOf)).toEqual([
      {
        id: 'flights-20k:0',
        type: 'flight',
        subject: 'DTW',
        time: '2001-01-01T00:47:00.000Z',
        value: 66,
        attributes: { destination: 'LAS', distance: 1750 },
      },
    ]);
  });
});

describe('the comparison', () => {
  const expected = figuresOf(flights);

  it('finds every figure that differs, and airports that are missing', () => {
    const counted = new Map(expected);
    expect(differences(counted, expected)).toEqual([]);
    const [changed, missing] = [expected.get('ATL'), 'ORD'];
    if (changed === undefined) throw new Error('no flights from ATL');
    counted.set('ATL', { ...changed, count: changed.count + 1 });
    counted.delete(missing);
    expect(differences(counted, expected).length).toBe(6);
  });

  it('shows the busiest first', () => {
    const [, , first, second] = table(expected, expected, 10).split('\n');
    expect(Number(first?.split(/\s+/)[2])).toBeGreaterThanOrEqual(Number(second?.split(/\s+/)[2]));
  });
});

describe('the sender', () => {
  let dir: string;
  let server: Server;
  let gateway: string;
  /** What the gateway answers next: a status, or nothing at all. */
  let answers: (number | 'hang up')[];
  let received: string[][];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tally-flights-'));
    [answers, received] = [[], []];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const lines = body.split('\n');
        received.push(lines);
        const answer = answers.shift() ?? 202;
        if (answer === 'hang up') response.destroy();
        else response.writeHead(answer).end(JSON.stringify({ accepted: lines.length }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true });
  });

  const some = flights.slice(0, 2 * BATCH_SIZE + 10);
  const send = async (now = () => 1000) => {
    const journal = new Journal(join(dir, 'journal'));
    try {
      return await sendFlights(some, {
        gateway,
        headers: {},
        journal,
        now,
        report: () => undefined,
      });
    } finally {
      journal.close();
    }
  };

  it('sends everything once, and nothing when all was acknowledged', async () => {
    expect(await send()).toEqual({ sent: some.length, before: 0, doubtful: [] });
    expect(received.map(({ length }) => length)).toEqual([BATCH_SIZE, BATCH_SIZE, 10]);
    expect(await send()).toEqual({ sent: 0, before: some.length, doubtful: [] });
    expect(received.length).toBe(3);
  });

  it('sends a batch again that got no answer, or was refused for now', async () => {
    answers = [202, 'hang up', 503];
    expect(await send()).toEqual({ sent: some.length, before: 0, doubtful: [] });
    expect(received[1]).toEqual(received[2]);
    expect(received[1]).toEqual(received[3]);
  });

  it('goes on where a killed run stopped, even in the middle of a line', async () => {
    await send();
    const file = join(dir, 'journal');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${lines.slice(0, 3).join('\n')}\n${lines[3]?.slice(0, 20)}`);
    expect(await send()).toEqual({ sent: BATCH_SIZE + 10, before: BATCH_SIZE, doubtful: [] });
    expect((await send()).before).toBe(some.length);
  });

  it('leaves a batch alone that has been in doubt for more than 9 minutes', async () => {
    const file = join(dir, 'journal');
    writeFileSync(file, '{"batch":0,"state":"sending","at":0}\n');
    expect(await send(() => 9 * 60_000 + 1)).toMatchObject({
      doubtful: [0],
      sent: BATCH_SIZE + 10,
    });
    expect(await send(() => 9 * 60_000)).toMatchObject({ doubtful: [], sent: BATCH_SIZE });
  });

  it('says what the gateway will not take', async () => {
    answers = [401];
    await expect(send()).rejects.toThrow('401');
  });
});
