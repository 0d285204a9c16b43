import type { CatalogFields, Event, EventTypeDefinition } from '@tally/contracts';

/** An event, and the names of its dimensions: ascending. */
export interface SplitEvent {
  readonly event: Event;
  readonly names: readonly string[];
}

/**
 * The event as if it had brought what the catalogue says of its subject: declared fields take the place
 * of attributes of their names. One that the catalogue does not have is absent, whatever the event says.
 */
export function enrichedEvent(
  event: Event,
  { dimensions, enriched }: Pick<EventTypeDefinition, 'dimensions' | 'enriched'>,
  fields: CatalogFields = {},
): SplitEvent {
  const attributes = {
    ...picked(event.attributes, dimensions),
    ...picked(fields, enriched),
  };
  return { event: { ...event, attributes }, names: [...dimensions, ...enriched].sort() };
}

/** A field may be called `constructor`, which every object has without having got it. */
function picked<T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  const found: Record<string, T> = {};
  for (const name of names) {
    const value = Object.hasOwn(from, name) ? from[name] : undefined;
    if (value !== undefined) found[name] = value;
  }
  return found;
}
