import { valueText } from '@tally/placement';
import { attributeId, DDSketch, HashedText, HyperLogLog } from '@tally/sketches';
import { COLOR, SPLIT, valueOf } from './world/simulated-clients.js';

/** All events of a simulation are of one minute. */
const MINUTE = 0;
const COLORS = `${MINUTE} ${attributeId('color')}`;
const VALUES = `${MINUTE} 0`;

const one = new HyperLogLog();
one.add(new HashedText().take(valueText(COLOR)));
const ONE_COLOR = one.encode().toString('hex');

/** The sketches that an event, counted once, has to have, by the name that the model of a shard gives them. */
export function expectedSketches(id: string, isSplit: boolean): ReadonlyMap<string, string> {
  const values = new DDSketch();
  values.add(valueOf(id) * 1_000_000);
  const series = isSplit ? [id, `${id}${SPLIT}`] : [id];
  return new Map(
    series.flatMap((name) => [
      [`${name} ${COLORS}`, ONE_COLOR],
      [`${name} ${VALUES}`, values.encode().toString('hex')],
    ]),
  );
}
