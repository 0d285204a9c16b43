/** How long minutes of a type are kept; a row carries the place in this list, so it only grows. */
export const RETENTION_CLASSES = ['1d', '7d', '30d', '90d', '1y', 'ever'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

/** What an event type means, as one version of the registry has it. */
export interface EventTypeDefinition {
  /** Names of attributes whose values split the counters; ascending, at most 8. */
  readonly dimensions: readonly string[];
  /** An event appended longer than this after its time is too late and not counted; null: never. */
  readonly maxAgeMs: number | null;
  readonly retention: RetentionClass;
}

/** What a type means that nobody defined. */
export const DEFAULT_EVENT_TYPE: EventTypeDefinition = {
  dimensions: [],
  maxAgeMs: null,
  retention: 'ever',
};

/** One version of the registry: version n defines one type anew, the others stay as they were. */
export interface RegistryChange {
  readonly project: string;
  readonly type: string;
  readonly definition: EventTypeDefinition;
}
