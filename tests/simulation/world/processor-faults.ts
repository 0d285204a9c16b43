import type { DiskFaults } from './simulated-disk.js';

/** Controls: what a processor does without one of its protections. */
export interface ProcessorFaults extends DiskFaults {
  /** Control: the dedup window is not read back. */
  forgetsWindow: boolean;
  /** Control: counting begins at the end of the log, not at what a shard lacks. */
  beginsAtEnd: boolean;
  /** Control: a flush without an answer is taken for applied. */
  trustsSilence: boolean;
  /** Control: only a third of the dedup window is read back. */
  shortensWindow: boolean;
  /** Control: nobody compares what shards cover with what they had confirmed. */
  neverVerifies: boolean;
  /** Control: what clocks may differ is not taken off an instant. */
  ignoresSkew: boolean;
  /** Control: the end of the log counts as reached, wherever the run is. */
  claimsEnd: boolean;
  /** Control: an event means what the registry says now. */
  usesNewestMeaning: boolean;
  /** Control: wherever the log begins, it is believed that a person accepted it. */
  takesAnyBeginning: boolean;
  /** Control: a flush may have any number of bytes. */
  neverBounds: boolean;
  /** Control: what is too large counts as unanswered. */
  repeatsTooLarge: boolean;
  /** Control: a shard is never left. */
  waitsForEver: boolean;
  /** Control: an odd answer ends the process. */
  crashesOnOddAnswer: boolean;
  /** Control: a shard that was absent counts as having all that was read meanwhile. */
  forgetsAbsence: boolean;
  /** Control: its clock may be set while it runs. */
  believesOwnClock: boolean;
  /** Control: answers do not say which database gave them. */
  ignoresIdentity: boolean;
  /** Control: nobody looks whether what stood in dead letters was delivered. */
  trustsLetters: boolean;
  /** Control: dead events count as durable when they were sent. */
  coversAtOnce: boolean;
  /** Control: the log keeps nothing for a shard that is put back. */
  keepsNothing: boolean;
  /** Control: the record below the dedup window goes too. */
  keepsNoRecordBelow: boolean;
}

/** What differs from schedule to schedule: how soon a run is behind, and who finds what was lost. */
export interface ProcessorSettings {
  readonly recordsPerFetch: number;
  readonly flushRows: number;
  readonly flushBytes: number;
  /** Until somebody raises it. */
  readonly windowBytes: number;
  /** Whether generations of dedup windows are kept. */
  readonly keepsGenerations: boolean;
  /** Whether runs compare what shards cover with what they had confirmed. */
  readonly verifies: boolean;
  /** How long the log is kept; 0: for ever. */
  readonly logKeepMs: number;
}
