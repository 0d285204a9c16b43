/** Something that counts events, started anew for one run. */
export interface Candidate {
  readonly name: string;
  /** Each takes POSTs of events. */
  readonly urls: readonly string[];
  /** Process ids by name, of all parts. */
  readonly processes: ReadonlyMap<string, number>;
  /** What figures depend on, in words. */
  readonly settings: readonly string[];
  /** Resolves when everything acknowledged until now is in the answers. */
  counted(): Promise<void>;
  /** By type and subject, for those asked; a subject without events may be missing. */
  countsOf(type: string, subjects: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** How often its log has waited for the disk; undefined where Postgres alone does. */
  syncs?(): Promise<number>;
  /** How old an answer is now, in ms; undefined where it never is. */
  age?(): Promise<number>;
  stop(): Promise<void>;
}
