/** Why nobody here can say what the events of a block mean. */
export type UnknownMeaning =
  'unknown_schema' | 'unknown_registry_version' | 'unknown_catalog_position';

/**
 * What was waited for and did not come, as it is known from run to run: whoever begins anew does not
 * wait from the beginning. Times are those of the roster.
 */
export class UnknownMeanings {
  private readonly versions = new Set<number>();
  /** The first position of the catalogue that did not come. */
  private catalogPosition: bigint | undefined;
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

  /** This position of the catalogue did not come, so none behind it did. */
  giveUpCatalog(position: bigint): void {
    const { catalogPosition } = this;
    if (catalogPosition === undefined || position < catalogPosition)
      this.catalogPosition = position;
  }

  /**
   * Whether it was waited for long enough. What is behind a position that came after all is waited for
   * anew: it is only on its way.
   */
  isCatalogGivenUp(position: bigint, reaches: (position: bigint) => boolean): boolean {
    if (this.catalogPosition !== undefined && reaches(this.catalogPosition))
      this.catalogPosition = undefined;
    return this.catalogPosition !== undefined && position >= this.catalogPosition;
  }

  /** The same of a schema; it is waited for from the first time that somebody asks. */
  isSchemaGivenUp(schemaId: number, elapsedMs: number): boolean {
    const sinceMs = this.schemas.get(schemaId) ?? elapsedMs;
    this.schemas.set(schemaId, sinceMs);
    return elapsedMs - sinceMs >= this.schemaWaitMs;
  }
}
