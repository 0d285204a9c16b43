import type { Partition } from '../partition/partition.js';
import type { TopicDefinition } from './topic-file.js';

/** A topic and its partitions, by number. */
export class Topic {
  constructor(
    private current: TopicDefinition,
    private all: readonly Partition[],
  ) {}

  get name(): string {
    return this.current.name;
  }

  get id(): string {
    return this.current.id;
  }

  get configs(): Readonly<Record<string, string>> {
    return this.current.configs;
  }

  get partitions(): readonly Partition[] {
    return this.all;
  }

  get definition(): TopicDefinition {
    return this.current;
  }

  /** For the topic store: the definition is durable. */
  redefine(definition: TopicDefinition, added: readonly Partition[] = []): void {
    this.current = definition;
    this.all = [...this.all, ...added];
  }
}
