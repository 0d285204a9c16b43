import { valueText } from '@tally/placement';
import { attributeId, DDSketch, HashedText, HyperLogLog } from '@tally/sketches';
import { ATTRIBUTES } from './world/event-meaning.js';
import { valueOf } from './world/simulated-clients.js';

/** All events of a simulation are of one minute. */
const MINUTE = 0;
const COLORS = `${MINUTE} ${attributeId('color')}`;
const VALUES = `${MINUTE} 0`;

const one = new HyperLogLog();
one.add(new HashedText().take(valueText(ATTRIBUTES.color)));
const ONE_COLOR = one.encode().toString('hex');

/**
 * The sketches that an event, counted once, has to have, by the name that the model of a shard gives them.
 *
 * @param split What stands behind its subject in the name of its split series; undefined: it has none.
 */
export function expectedSketches(
  id: string,
  split: string | undefined,
): ReadonlyMap<string, string> {
  const values = new DDSketch();
  values.add(valueOf(id) * 1_000_000);
  const series = split === undefined ? [id] : [id, `${id}${split}`];
  return new Map(
    series.flatMap((name) => [
      [`${name} ${COLORS}`, ONE_COLOR],
      [`${name} ${VALUES}`, values.encode().toString('hex')],
    ]),
  );
}
