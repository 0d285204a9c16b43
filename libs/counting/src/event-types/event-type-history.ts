import {
  DEFAULT_EVENT_TYPE,
  type EventTypeDefinition,
  type RegistryChange,
} from '@tally/contracts';

/** A definition and since when it holds. */
export interface VersionedDefinition {
  /** Version of the registry that brought it, from 1. */
  readonly version: number;
  readonly definition: EventTypeDefinition;
}

/**
 * What every event type meant in every version of the registry. Version 0 has no definitions; each
 * change makes the next one. What was said about a version never changes.
 */
export class EventTypeHistory {
  private latest = 0;
  /** By project and type, ascending by version. */
  private readonly projects = new Map<string, Map<string, VersionedDefinition[]>>();

  get latestVersion(): number {
    return this.latest;
  }

  /** RangeError unless `version` follows the latest one. */
  apply(version: number, { project, type, definition }: RegistryChange): void {
    if (version !== this.latest + 1)
      throw new RangeError(
        `expected version ${this.latest + 1} of the event types, got ${version}`,
      );
    this.latest = version;
    const types = this.projects.get(project) ?? new Map<string, VersionedDefinition[]>();
    this.projects.set(project, types);
    const versions = types.get(type) ?? [];
    types.set(type, versions);
    versions.push({ version, definition });
  }

  /**
   * What the type meant in that version. RangeError for a version that is not known here yet: a
   * guess would count otherwise than another reader does.
   */
  definition(project: string, type: string, version: number): EventTypeDefinition {
    if (version > this.latest)
      throw new RangeError(`expected a version up to ${this.latest}, got ${version}`);
    const versions = this.versions(project, type);
    for (let index = versions.length - 1; index >= 0; index--) {
      const found = versions[index];
      if (found !== undefined && found.version <= version) return found.definition;
    }
    return DEFAULT_EVENT_TYPE;
  }

  /** Undefined when nobody defined the type. */
  current(project: string, type: string): VersionedDefinition | undefined {
    return this.versions(project, type).at(-1);
  }

  /** All definitions that a type ever had, ascending by version. */
  versions(project: string, type: string): readonly VersionedDefinition[] {
    return this.projects.get(project)?.get(type) ?? [];
  }

  /** The current definitions of a project, ascending by type. */
  list(project: string): (VersionedDefinition & { readonly type: string })[] {
    const types = [...(this.projects.get(project) ?? [])];
    return types
      .flatMap(([type, versions]) => versions.slice(-1).map((last) => ({ type, ...last })))
      .sort((left, right) => (left.type < right.type ? -1 : 1));
  }
}
