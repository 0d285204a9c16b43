import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { differences, figuresOf, table } from './figures.js';
import { eventOf, readFlights } from './flights.js';
import { sendFlights } from './send-flights.js';

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

describe('the import of the flights', () => {
  let dir: string;
  let server: Server;
  let gateway: string;
  /** What the gateway does next; without one it takes all events. */
  let acts: ('hang up' | 'refuse one')[];
  let received: string[][];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'tally-flights-'));
    [acts, received] = [[], []];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const lines = body.split('\n');
        received.push(lines);
        const act = acts.shift();
        if (act === 'hang up') return response.destroy();
        const results =
          act === 'refuse one' ? [{ index: 7, code: 'value_invalid', detail: 'a number' }] : [];
        const [accepted, rejected] = [lines.length - results.length, results.length];
        return response.writeHead(202).end(JSON.stringify({ accepted, rejected, results }));
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

  const some = flights.slice(0, 2010);
  const send = () =>
    sendFlights(
      some,
      { gateway, apiKey: '' },
      { journalFile: join(dir, 'imports/journal'), report: () => undefined },
    );

  it('sends each once, under its own id, and nothing when all was acknowledged', async () => {
    expect(await send()).toEqual({ sent: some.length, before: 0, isInDoubt: false });
    expect(received.map(({ length }) => length)).toEqual([1000, 1000, 10]);
    expect(received.flat()).toEqual(some.map((flight) => JSON.stringify(eventOf(flight))));
    expect(await send()).toEqual({ sent: 0, before: some.length, isInDoubt: false });
    expect(received.length).toBe(3);
  });

  it('says which flight the gateway will not take', async () => {
    acts = ['refuse one'];
    await expect(send()).rejects.toThrow('flight 7 is not taken: value_invalid: a number');
  });

  it('goes on after a batch without an answer', async () => {
    acts = ['hang up'];
    expect(await send()).toMatchObject({ sent: some.length });
    expect(received[0]).toEqual(received[1]);
  });
});
