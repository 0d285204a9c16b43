/**
 * Where files of generations are kept. Whoever uses it lives with any failure: what is lost here costs
 * reading the log.
 */
export interface GenerationStore {
  /** Names of all files, in no order. Called before the first of the others. */
  list(): Promise<readonly string[]>;
  /** undefined: there is no such file. */
  read(name: string): Promise<Buffer | undefined>;
  /** Resolves when it is durable; after a failure or a crash it is there as a whole or not at all. */
  write(name: string, bytes: Buffer): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(name: string): Promise<void>;
}
