import { DEFAULT_EVENT_TYPE, type EventTypeDefinition } from '@tally/contracts';

/** Every other version of the registry splits the counters. */
export function isSplitAt(registryVersion: number): boolean {
  return registryVersion % 2 === 1;
}

/** And the first ones of each four have sketches. */
export function isSketchedAt(registryVersion: number): boolean {
  return registryVersion % 4 < 2;
}

/**
 * What events mean in the version of the registry that is told.
 *
 * @param onEvent Called once for each event that is counted, as it has a look at the maximum age.
 */
export function meaningAt(registryVersion: () => number, onEvent: () => void): EventTypeDefinition {
  return {
    ...DEFAULT_EVENT_TYPE,
    get dimensions() {
      return isSplitAt(registryVersion()) ? ['color'] : [];
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
