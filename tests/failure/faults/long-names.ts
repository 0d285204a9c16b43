import { deliver, readStats, sendBatch, untilAnswered } from '@tally/client';
import { HOUR_MS, MAX_MESSAGE_BYTES, MINUTE_MS, SECOND_MS } from '@tally/contracts';
import { seriesId, ShardMap, slotOf } from '@tally/placement';
import { until } from '../rig/until.js';
import { defineType } from '../traffic/event-types.js';
import type { Fault, Trial } from '../trial.js';

const TYPE = 'long-names';
const DIMENSIONS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const VALUE_CHARS = 256;
/** Each takes one byte in the log, and six in JSON. */
const CONTROLS = ['\u0001', '\u0002', '\u0003', '\u0004', '\u0005', '\u0006', '\u000e', '\u000f'];
/** 12 KiB of names each: more than two messages, for one shard. */
const EVENTS = 3000;
const EVENTS_PER_REQUEST = 100;
const SUBJECTS = 30;
const FLUSHES = 'tally_processor_flushes_total';

export const longNames: Fault = {
  name: 'long-names',
  story:
    'While no processor runs, events come whose dimensions are as long as they may be, for one shard; one processor comes back and has more for that shard at once than two messages hold: it goes in several flushes, none of them is refused, and all is counted once.',
  // A flush is cut by its size alone.
  env: { TALLY_FLUSH_INTERVAL_MS: String(10 * SECOND_MS) },
  async inflict(trial) {
    const { on, random } = trial;
    const number = random.between(0, on.shards.length - 1);
    const shard = on.shards[number];
    if (shard === undefined) throw new Error(`no shard ${number}`);
    const subjects = subjectsOf(trial, number);
    await defineType(on.addresses.gateway, TYPE, { dimensions: DIMENSIONS });
    const before = await shard.namesOf(TYPE);
    const [first, ...others] = random.shuffle(on.processors);
    if (first === undefined) throw new Error('no processor');
    await on.stack.crash(on.processors);
    await send(trial, subjects);
    await on.recount.catchUp();
    const ends = new Map(on.recount.ends);
    on.stack.revive(first);
    await on.running([first]);
    const process = on.stack.process(first);
    const { pid } = process;
    const tooLarge = () => on.metric(first, FLUSHES, 'outcome="too_large"').catch(() => 0);
    await until('what waited is counted', async () => {
      if ((await tooLarge()) > 0 || process.pid !== pid) return true;
      return shard.hasAllBefore(ends);
    });
    if ((await tooLarge()) > 0) throw new Error('a flush was larger than a message');
    if (process.pid !== pid) throw new Error('the processor ended');
    const flushes = await on.metric(first, FLUSHES, 'outcome="applied"');
    for (const name of others) on.stack.revive(name);
    await on.running(others);
    const after = await shard.namesOf(TYPE);
    const bytes = after.bytes - before.bytes;
    if (after.series - before.series !== EVENTS || bytes < 2 * MAX_MESSAGE_BYTES)
      throw new Error(`expected ${EVENTS} long names, got ${JSON.stringify({ before, after })}`);
    await assertCountedOnce(trial, subjects);
    return `${(bytes / 2 ** 20).toFixed(1)} MiB of names waited for shard ${number}; ${first} counted them in ${flushes} flushes`;
  },
};

/** Some that no other seed has, all of that shard. */
function subjectsOf({ on, seed }: Trial, shard: number): string[] {
  const map = ShardMap.even(on.shards.length);
  const subjects: string[] = [];
  for (let number = 0; subjects.length < SUBJECTS; number++) {
    const subject = `long-${seed}-${number}`;
    if (map.shardOf(slotOf(seriesId('default', TYPE, subject))) === shard) subjects.push(subject);
  }
  return subjects;
}

/** As often as it takes until all are acknowledged: the same ids count once. */
async function send({ on }: Trial, subjects: readonly string[]): Promise<void> {
  const target = { gateway: on.addresses.gateway, apiKey: '' };
  const time = new Date().toISOString();
  for (let sent = 0; sent < EVENTS; sent += EVENTS_PER_REQUEST) {
    const events = Array.from({ length: EVENTS_PER_REQUEST }, (_, index) => {
      const subject = subjects[(sent + index) % SUBJECTS] ?? '';
      const id = `${subject}-${sent + index}`;
      return JSON.stringify({
        id,
        type: TYPE,
        subject,
        time,
        attributes: attributesOf(sent + index),
      });
    });
    const outcome = await sendBatch({ events }, { deliver: (lines) => deliver(lines, target) });
    if (outcome.kind !== 'taken' || outcome.rejected.length > 0)
      throw new Error(`expected long events to be taken, got ${JSON.stringify(outcome)}`);
  }
}

/** Eight texts as long as they may be, of control characters alone; those of each number differ. */
function attributesOf(number: number): Record<string, string> {
  const digits = number.toString(CONTROLS.length);
  const controls = digits.replaceAll(/\d/g, (digit) => CONTROLS[Number(digit)] ?? '');
  const value = controls.padStart(VALUE_CHARS, '\u001f');
  return Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, value]));
}

/** By what the public API says of each subject. */
async function assertCountedOnce({ on }: Trial, subjects: readonly string[]): Promise<void> {
  const hour = (hours: number) =>
    new Date(Math.ceil(Date.now() / HOUR_MS + hours) * HOUR_MS).toISOString();
  const target = { gateway: on.addresses.gateway, apiKey: '' };
  const question = {
    type: TYPE,
    subjects,
    functions: ['count'],
    from: hour(-2),
    to: hour(1),
  } as const;
  const { series } = await untilAnswered(() => readStats(target, question), MINUTE_MS);
  const wrong = series.filter(({ points }) => Number(points[0]?.count) !== EVENTS / SUBJECTS);
  if (series.length !== SUBJECTS || wrong.length > 0)
    throw new Error(`expected ${EVENTS / SUBJECTS} events each, got ${JSON.stringify(wrong)}`);
}
