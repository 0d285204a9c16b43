import type { CatalogFields, Event, EventTypeDefinition } from '@tally/contracts';
import { valueOf, type DimensionValues } from '../series/series-table.js';

/**
 * The values of an event's dimensions, ascending by name: those of its own attributes, and those that the
 * catalogue has for its subject. A field that the catalogue does not have is absent, whatever the event
 * says under its name.
 */
export function enrichedDimensions(
  { attributes }: Pick<Event, 'attributes'>,
  { dimensions, enriched }: Pick<EventTypeDefinition, 'dimensions' | 'enriched'>,
  fields: CatalogFields = {},
): DimensionValues {
  const values: DimensionValues[number][] = [];
  let next = 0;
  for (const name of enriched) {
    for (let own = dimensions[next]; own !== undefined && own < name; own = dimensions[++next])
      values.push([own, valueOf(attributes, own)]);
    values.push([name, valueOf(fields, name)]);
  }
  for (const own of dimensions.slice(next)) values.push([own, valueOf(attributes, own)]);
  return values;
}
