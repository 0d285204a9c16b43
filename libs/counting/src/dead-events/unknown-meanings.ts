/** Why nobody here can say what the events of a block mean. */
export type UnknownMeaning = 'unknown_schema' | 'unknown_registry_version';

/**
 * What was waited for and did not come, as it is known from run to run: whoever begins anew does not
 * wait from the beginning. Times are those of the roster.
 */
export class UnknownMeanings {
  private readonly versions = new Set<number>();
  /** By schema: since when it is waited for. */
  private readonly schemas = new Map<number, number>();

  /**
   * @param schemaWaitMs How long a schema that a later version may know is waited for: longer than it
   * takes to replace all processors.
   */
  constructor(private readonly schemaWaitMs: number) {}

  /** This version of the registry did not come. */
  giveUpVersion(registryVersion: number): void {
    this.versions.add(registryVersion);
  }

  /** Whether it was waited for long enough. */
  isVersionGivenUp(registryVersion: number): boolean {
    return this.versions.has(registryVersion);
  }

  /** The same of a schema; it is waited for from the first time that somebody asks. */
  isSchemaGivenUp(schemaId: number, elapsedMs: number): boolean {
    const sinceMs = this.schemas.get(schemaId) ?? elapsedMs;
    this.schemas.set(schemaId, sinceMs);
    return elapsedMs - sinceMs >= this.schemaWaitMs;
  }
}
