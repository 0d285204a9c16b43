import { DEFAULT_EVENT_TYPE, type EventTypeDefinition } from '@tally/contracts';

/** The attributes of all events. */
export const ATTRIBUTES = { color: 'blue' };

/** Every other version of the registry splits the counters. */
function isSplitAt(registryVersion: number): boolean {
  return registryVersion % 2 === 1;
}

/** And the first ones of each four have sketches. */
export function isSketchedAt(registryVersion: number): boolean {
  return registryVersion % 4 < 2;
}

/**
 * What stands behind a subject in the name of the series that is split; undefined: none is. By the rule
 * alone.
 *
 * @param isEnriched Whether owners split the counters: where there is a catalogue.
 * @param owner What it says at the position that the event's block names.
 */
export function splitOf(
  registryVersion: number,
  isEnriched: boolean,
  owner: string | undefined,
): string | undefined {
  const isSplit = isSplitAt(registryVersion);
  if (!isSplit && !isEnriched) return undefined;
  return JSON.stringify({ ...(isSplit ? ATTRIBUTES : {}), owner });
}

/**
 * What events mean in the version of the registry that is told.
 *
 * @param onEvent Called once for each event that is counted, as it has a look at the maximum age.
 */
export function meaningAt(
  registryVersion: () => number,
  isEnriched: boolean,
  onEvent: () => void,
): EventTypeDefinition {
  return {
    ...DEFAULT_EVENT_TYPE,
    enriched: isEnriched ? ['owner'] : [],
    get dimensions() {
      return isSplitAt(registryVersion()) ? Object.keys(ATTRIBUTES) : [];
    },
    get uniques() {
      return isSketchedAt(registryVersion()) ? ['color'] : [];
    },
    get quantiles() {
      return isSketchedAt(registryVersion());
    },
    get maxAgeMs() {
      onEvent();
      return DEFAULT_EVENT_TYPE.maxAgeMs;
    },
  };
}

/** By event: what stands behind its subject in the names of its split series, one behind the other. */
export function splitsIn(counts: ReadonlyMap<string, bigint>): Map<string, string> {
  const splits = new Map<string, string>();
  for (const series of counts.keys()) {
    const [id = '', ...split] = series.split(/(?=\{)/);
    if (split.length > 0) splits.set(id, (splits.get(id) ?? '') + split.join(''));
  }
  return splits;
}
