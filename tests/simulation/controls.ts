/** Protections that a control takes away, to see that the simulation misses them. */
export interface Protections {
  /** log */
  confirmsBeforeSync: boolean;
  /** intake */
  neverExpires: boolean;
  datesAtReading: boolean;
  believesClock: boolean;
  /** shard */
  ignoresCoverage: boolean;
  appliesOverlap: boolean;
  trustsInstants: boolean;
  /** processor */
  forgetsWindow: boolean;
  beginsAtEnd: boolean;
  trustsSilence: boolean;
  shortensWindow: boolean;
  neverVerifies: boolean;
  ignoresSkew: boolean;
  claimsEnd: boolean;
  usesNewestMeaning: boolean;
  takesAnyBeginning: boolean;
  neverBounds: boolean;
  repeatsTooLarge: boolean;
  waitsForEver: boolean;
  crashesOnOddAnswer: boolean;
  forgetsAbsence: boolean;
  ignoresIdentity: boolean;
  tellsHalves: boolean;
}

/** Nothing is taken away. */
export function allProtections(): Protections {
  return {
    confirmsBeforeSync: false,
    neverExpires: false,
    datesAtReading: false,
    believesClock: false,
    ignoresCoverage: false,
    appliesOverlap: false,
    trustsInstants: false,
    forgetsWindow: false,
    beginsAtEnd: false,
    trustsSilence: false,
    shortensWindow: false,
    neverVerifies: false,
    ignoresSkew: false,
    claimsEnd: false,
    usesNewestMeaning: false,
    takesAnyBeginning: false,
    neverBounds: false,
    repeatsTooLarge: false,
    waitsForEver: false,
    crashesOnOddAnswer: false,
    forgetsAbsence: false,
    ignoresIdentity: false,
    tellsHalves: false,
  };
}

/** Each control takes one protection away; the simulation must find that within some schedules. */
export const CONTROLS: Readonly<Record<string, readonly (keyof Protections)[]>> = {
  'acknowledged before it is on the disk': ['confirmsBeforeSync'],
  'no block is ever too late': ['neverExpires'],
  'a request arrives when it is read': ['datesAtReading'],
  'records are stamped by a clock that has stepped': ['believesClock'],
  'a delta is applied whatever is covered': ['ignoresCoverage'],
  'a delta that is covered in part is applied whole': ['appliesOverlap'],
  'an instant is taken whatever is covered': ['trustsInstants'],
  'the dedup window is not read back': ['forgetsWindow'],
  'a third of the dedup window is read back': ['shortensWindow'],
  'what clocks may differ is not taken off an instant': ['ignoresSkew'],
  'the end of the log counts as reached wherever the run is': ['claimsEnd'],
  'an event means what the registry says now, not what its block says': ['usesNewestMeaning'],
  'a log that was shortened into the dedup window is counted on': ['takesAnyBeginning'],
  'counting begins at the end of the log': ['beginsAtEnd'],
  // Each of the two finds what the other would have prevented.
  'a flush without an answer counts as applied, and nobody compares': [
    'trustsSilence',
    'neverVerifies',
  ],
  'nobody compares what a shard covers with what it confirmed': ['neverVerifies'],
  // Smaller flushes would mend what is too large.
  'a flush has no bound, and goes again when it is too large': ['neverBounds', 'repeatsTooLarge'],
  'a flush that is too large goes again as it is': ['repeatsTooLarge'],
  'all others wait for a shard that does not answer': ['waitsForEver'],
  'an odd answer of one shard ends the processor': ['crashesOnOddAnswer'],
  'a shard that was absent is counted on, not read again for': ['forgetsAbsence'],
  'nobody minds which database answers for a shard': ['ignoresIdentity'],
  'a record that was counted by halves is told': ['tellsHalves'],
};
