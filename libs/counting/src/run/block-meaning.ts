import { CURRENT_SCHEMA_ID, isLaterSchema, type Block } from '@tally/contracts';
import type { UnknownMeaning, UnknownMeanings } from '../dead-events/unknown-meanings.js';
import type { RunAction } from './run-action.js';

/** So often it is waited for what a block names, until it counts as something that never comes. */
const TRIES = 2;

/** What a block names by which nobody can say here what its events mean; `tries`: how often it is looked for yet, with time. */
export type Awaited =
  /** A version of the registry. */
  | { readonly kind: 'version'; readonly registryVersion: number; readonly tries: number }
  /** A position of the catalogue. */
  | { readonly kind: 'catalog'; readonly position: bigint; readonly tries: number }
  | { readonly kind: 'schema'; readonly schemaId: number };

/** Why nobody here can say what a block means. */
export type Unknown =
  | { readonly kind: 'awaited'; readonly awaited: Awaited }
  | { readonly kind: 'given up'; readonly meaning: UnknownMeaning; readonly lack: string };

export interface BlockMeaningOptions {
  readonly partition: number;
  /** Whether it is known here what events of that version of the registry mean. */
  readonly knowsVersion: (registryVersion: number) => boolean;
  /** Whether all of the catalogue below that position is known here. */
  readonly reachesCatalog: (position: bigint) => boolean;
  /** What was waited for in vain. */
  readonly unknownMeanings: UnknownMeanings;
  /** Time that has passed, as the roster has it. */
  readonly elapsedMs: () => number;
  readonly emit: (action: RunAction) => void;
}

/** What blocks of one partition name, and whether that is known here. */
export class BlockMeaning {
  constructor(private readonly options: BlockMeaningOptions) {}

  isKnown({ registryVersion, catalogPosition, schemaId }: Block): boolean {
    const { knowsVersion, reachesCatalog } = this.options;
    return (
      knowsVersion(registryVersion) && reachesCatalog(catalogPosition) && !isLaterSchema(schemaId)
    );
  }

  /**
   * What is not known of a block, and whether that is still waited for.
   *
   * @param isLookedFor Whether what it names was looked for in vain just now.
   */
  unknownOf({ schemaId, registryVersion, catalogPosition }: Block, isLookedFor: boolean): Unknown {
    const { unknownMeanings, knowsVersion, reachesCatalog, elapsedMs } = this.options;
    if (isLaterSchema(schemaId)) {
      if (!unknownMeanings.isSchemaGivenUp(schemaId, elapsedMs()))
        return { kind: 'awaited', awaited: { kind: 'schema', schemaId } };
      const lack = `has events of schema ${schemaId}, this processor knows those up to ${CURRENT_SCHEMA_ID}`;
      return { kind: 'given up', meaning: 'unknown_schema', lack };
    }
    // It may have been made since it was given up: then one look is enough.
    const triesOf = (isGivenUp: boolean) => (isGivenUp ? 0 : TRIES);
    if (!knowsVersion(registryVersion)) {
      const tries = triesOf(unknownMeanings.isVersionGivenUp(registryVersion));
      if (!isLookedFor)
        return { kind: 'awaited', awaited: { kind: 'version', registryVersion, tries } };
      const lack = `names version ${registryVersion} of the event types, which is not in ZooKeeper`;
      return { kind: 'given up', meaning: 'unknown_registry_version', lack };
    }
    const position = catalogPosition;
    const tries = triesOf(unknownMeanings.isCatalogGivenUp(position, reachesCatalog));
    if (!isLookedFor) return { kind: 'awaited', awaited: { kind: 'catalog', position, tries } };
    const lack = `names position ${position} of the catalogue, which ends before`;
    return { kind: 'given up', meaning: 'unknown_catalog_position', lack };
  }

  /** It was looked for in vain. @returns what is still waited for; undefined: it never comes. */
  lookedFor(awaited: Exclude<Awaited, { kind: 'schema' }>): Awaited | undefined {
    const { unknownMeanings } = this.options;
    if (awaited.tries > 1) return { ...awaited, tries: awaited.tries - 1 };
    if (awaited.kind === 'version') unknownMeanings.giveUpVersion(awaited.registryVersion);
    else unknownMeanings.giveUpCatalog(awaited.position);
    return undefined;
  }

  /** Whether what is waited for is waited for no longer, by the time that has passed. */
  isOver(awaited: Awaited): boolean {
    const { unknownMeanings, elapsedMs } = this.options;
    return (
      awaited.kind === 'schema' && unknownMeanings.isSchemaGivenUp(awaited.schemaId, elapsedMs())
    );
  }

  /** Asks for it. */
  wait(awaited: Awaited): void {
    const { partition, emit } = this.options;
    switch (awaited.kind) {
      case 'schema':
        return emit({ kind: 'await-schema', partition, schemaId: awaited.schemaId });
      case 'version': {
        const { registryVersion, tries } = awaited;
        return emit({ kind: 'await-version', partition, registryVersion, isGivenUp: tries === 0 });
      }
      case 'catalog': {
        const { position, tries } = awaited;
        return emit({ kind: 'await-catalog', partition, position, isGivenUp: tries === 0 });
      }
    }
  }
}
