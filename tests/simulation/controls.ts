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
  sketchesAlways: boolean;
  settlesAgain: boolean;
  /** processor */
  forgetsWindow: boolean;
  beginsAtEnd: boolean;
  trustsSilence: boolean;
  shortensWindow: boolean;
  neverVerifies: boolean;
  ignoresSkew: boolean;
  believesOwnClock: boolean;
  claimsEnd: boolean;
  usesNewestMeaning: boolean;
  takesAnyBeginning: boolean;
  neverBounds: boolean;
  repeatsTooLarge: boolean;
  waitsForEver: boolean;
  crashesOnOddAnswer: boolean;
  forgetsAbsence: boolean;
  ignoresIdentity: boolean;
  trustsLetters: boolean;
  tellsHalves: boolean;
  usesNewer: boolean;
  trustsFiles: boolean;
  ignoresHoles: boolean;
  readsNewest: boolean;
  neverAwaits: boolean;
  coversAtOnce: boolean;
  /** replayer */
  deliversWhole: boolean;
  /** log, as processors shorten it */
  keepsNothing: boolean;
  keepsNoRecordBelow: boolean;
  keepsNoWindow: boolean;
  asksOneShard: boolean;
  forgetsPauses: boolean;
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
    sketchesAlways: false,
    settlesAgain: false,
    forgetsWindow: false,
    beginsAtEnd: false,
    trustsSilence: false,
    shortensWindow: false,
    neverVerifies: false,
    ignoresSkew: false,
    believesOwnClock: false,
    claimsEnd: false,
    usesNewestMeaning: false,
    takesAnyBeginning: false,
    neverBounds: false,
    repeatsTooLarge: false,
    waitsForEver: false,
    crashesOnOddAnswer: false,
    forgetsAbsence: false,
    ignoresIdentity: false,
    trustsLetters: false,
    tellsHalves: false,
    usesNewer: false,
    trustsFiles: false,
    ignoresHoles: false,
    readsNewest: false,
    neverAwaits: false,
    coversAtOnce: false,
    deliversWhole: false,
    keepsNothing: false,
    keepsNoRecordBelow: false,
    keepsNoWindow: false,
    asksOneShard: false,
    forgetsPauses: false,
  };
}

/** What is taken away, and where to look for what comes of it. */
export interface SimulationControl {
  readonly takes: readonly (keyof Protections)[];
  /**
   * Of the schedule in which it was found, for those who have no time to begin elsewhere. It is what
   * `tools/chaos --simulate --controls --first-seed 850` says: where schedules, or what they are played
   * to, have changed so much that a search from here takes long, take what it says then.
   */
  readonly firstSeed: number;
}

/** Each control takes one protection away; the simulation must find that within some schedules. */
export const CONTROLS: Readonly<Record<string, SimulationControl>> = {
  'acknowledged before it is on the disk': { takes: ['confirmsBeforeSync'], firstSeed: 1124 },
  'no block is ever too late': { takes: ['neverExpires'], firstSeed: 888 },
  'a request arrives when it is read': { takes: ['datesAtReading'], firstSeed: 888 },
  'records are stamped by a clock that has stepped': { takes: ['believesClock'], firstSeed: 859 },
  'a delta is applied whatever is covered': { takes: ['ignoresCoverage'], firstSeed: 856 },
  'a delta that is covered in part is applied whole': {
    takes: ['appliesOverlap'],
    firstSeed: 859,
  },
  'an instant is taken whatever is covered': { takes: ['trustsInstants'], firstSeed: 852 },
  'sketches are added outside of the transaction of their rows': {
    takes: ['sketchesAlways'],
    firstSeed: 856,
  },
  'the dedup window is not read back': { takes: ['forgetsWindow'], firstSeed: 850 },
  'a third of the dedup window is read back': { takes: ['shortensWindow'], firstSeed: 925 },
  'what clocks may differ is not taken off an instant': { takes: ['ignoresSkew'], firstSeed: 855 },
  'an instant is told by a clock that somebody has set': {
    takes: ['believesOwnClock'],
    firstSeed: 853,
  },
  'the end of the log counts as reached wherever the run is': {
    takes: ['claimsEnd'],
    firstSeed: 850,
  },
  'an event means what the registry says now, not what its block says': {
    takes: ['usesNewestMeaning'],
    firstSeed: 856,
  },
  'an event is enriched by what the catalogue says when it is counted': {
    takes: ['readsNewest'],
    firstSeed: 850,
  },
  'a position of the catalogue that was not read yet counts as read': {
    takes: ['neverAwaits'],
    firstSeed: 882,
  },
  'a log that was shortened into the dedup window is counted on': {
    takes: ['takesAnyBeginning'],
    firstSeed: 1420,
  },
  'counting begins at the end of the log': { takes: ['beginsAtEnd'], firstSeed: 850 },
  // Each of the two finds what the other would have prevented.
  'a flush without an answer counts as applied, and nobody compares': {
    takes: ['trustsSilence', 'neverVerifies'],
    firstSeed: 857,
  },
  'nobody compares what a shard covers with what it confirmed': {
    takes: ['neverVerifies'],
    firstSeed: 878,
  },
  // Smaller flushes would mend what is too large.
  'a flush has no bound, and goes again when it is too large': {
    takes: ['neverBounds', 'repeatsTooLarge'],
    firstSeed: 930,
  },
  'a flush that is too large goes again as it is': { takes: ['repeatsTooLarge'], firstSeed: 930 },
  'all others wait for a shard that does not answer': { takes: ['waitsForEver'], firstSeed: 850 },
  'an odd answer of one shard ends the processor': {
    takes: ['crashesOnOddAnswer'],
    firstSeed: 855,
  },
  'a shard that was absent is counted on, not read again for': {
    takes: ['forgetsAbsence'],
    firstSeed: 852,
  },
  'nobody minds which database answers for a shard': { takes: ['ignoresIdentity'], firstSeed: 913 },
  'what stood in dead letters once counts as standing there for ever': {
    takes: ['trustsLetters'],
    firstSeed: 4365,
  },
  'dead letters are delivered whole, whatever is covered': {
    takes: ['deliversWhole'],
    firstSeed: 854,
  },
  'a record that was counted by halves is told': { takes: ['tellsHalves'], firstSeed: 969 },
  'a generation of the dedup window goes on behind where counting begins': {
    takes: ['usesNewer'],
    firstSeed: 1002,
  },
  'a file of a generation is believed without its checksum': {
    takes: ['trustsFiles'],
    firstSeed: 4247,
  },
  'a generation that is missing is passed over': { takes: ['ignoresHoles'], firstSeed: 5260 },
  'the log lets go what one shard covers, whatever the other lacks': {
    takes: ['asksOneShard'],
    firstSeed: 946,
  },
  'the log keeps nothing for a shard that is put back': {
    takes: ['keepsNothing'],
    firstSeed: 3374,
  },
  'the log keeps no dedup window for a start': { takes: ['keepsNoWindow'], firstSeed: 918 },
  'the log keeps no record below the dedup window': {
    takes: ['keepsNoRecordBelow'],
    firstSeed: 1382,
  },
  'the log keeps the dedup window as if clients never paused': {
    takes: ['forgetsPauses'],
    firstSeed: 1162,
  },
  'a dead event is counted again, although it was settled': {
    takes: ['settlesAgain'],
    firstSeed: 871,
  },
  'a record is covered before its dead events are durable': {
    takes: ['coversAtOnce'],
    firstSeed: 892,
  },
};
