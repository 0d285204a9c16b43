import { describe, expect, it } from '@jest/globals';
import { makeStream } from './event-stream.js';

const options = { events: 20_000, batch: 300, seed: 7, run: 'r', isSpread: true, nowMs: 1e12 };

interface Event {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time?: string;
}

const eventsOf = (bodies: readonly Buffer[]) =>
  bodies.flatMap((body) => JSON.parse(body.toString()) as Event[]);

describe('a stream', () => {
  const stream = makeStream(options);
  const events = eventsOf(stream.bodies);

  it('has as many events as asked for, and says how many of each subject count', () => {
    expect(events.length).toBe(20_000);
    expect(stream.sizes.reduce((sum, size) => sum + size, 0)).toBe(20_000);
    const first = new Map(events.map((event) => [event.id, event]));
    expect(first.size).toBe(stream.unique);
    const counted = new Map<string, number>();
    for (const { type, subject } of first.values())
      counted.set(`${type} ${subject}`, (counted.get(`${type} ${subject}`) ?? 0) + 1);
    const said = [...stream.counts].flatMap(([type, subjects]) =>
      [...subjects].map(([subject, count]) => [`${type} ${subject}`, count] as const),
    );
    expect(new Map(said)).toEqual(counted);
  });

  it('has one duplicate in a hundred events', () => {
    const duplicates = events.length - stream.unique;
    expect(duplicates).toBeGreaterThan(100);
    expect(duplicates).toBeLessThan(300);
  });

  it("follows Zipf's law: the first subject has twice the events of the second", () => {
    const of = (subject: string) => events.filter((event) => event.subject === subject).length;
    const ratio = of('video-1') / of('video-2');
    expect(ratio).toBeGreaterThan(1.7);
    expect(ratio).toBeLessThan(2.3);
  });

  it('is the same for the same seed, and has no times unless they are spread', () => {
    const again = Buffer.concat(makeStream(options).bodies);
    expect(again.equals(Buffer.concat(stream.bodies))).toBe(true);
    const now = eventsOf(makeStream({ ...options, isSpread: false }).bodies);
    expect(now.every(({ time }) => time === undefined)).toBe(true);
  });
});
