import { TallyError } from '@tally/contracts';
import { deliver, Listeners, type Unsubscribe } from '../listeners.js';
import type { NodeValue, SetResult } from '../session/node-results.js';
import { assertPath } from '../session/paths.js';
import type { ZooKeeperSession } from '../session/zookeeper-session.js';

/** A valid value and the version of the node that held it. */
export interface ConfigValue<T> {
  readonly value: T;
  readonly version: number;
}

/** Which node holds the document, and how it is checked. */
export interface ConfigNodeOptions<T> {
  readonly session: ZooKeeperSession;
  /** Relative to the session's root, e.g. `/shard-map`. */
  readonly path: string;
  /** Checks parsed JSON; throws when it is not a T. T itself must survive JSON.stringify. */
  readonly parse: (value: unknown) => T;
  /** How often `update` tries when others write at the same time. Default 10. */
  readonly maxTries?: number;
}

/**
 * One small JSON document in one node, changed by set-with-version alone. State that must be fenced
 * keeps its epoch inside this document.
 */
export class ConfigNode<T> {
  private readonly path: string;
  private readonly invalid = new Listeners<Error>();

  constructor(private readonly options: ConfigNodeOptions<T>) {
    this.path = assertPath(options.path);
  }

  /** Undefined when there is no node. An invalid value: TallyError `internal`. */
  async read(): Promise<ConfigValue<T> | undefined> {
    const node = await this.options.session.get(this.path);
    return node === undefined ? undefined : this.decode(node);
  }

  /**
   * Delivers the current value, then each change; `undefined` while there is no node. An invalid
   * value is logged and told to `onInvalid` listeners, and the last delivered one stays in force.
   */
  watch(onChange: (current: ConfigValue<T> | undefined) => void): Unsubscribe {
    const { session } = this.options;
    return session.watchData(this.path, (node) => {
      let current: ConfigValue<T> | undefined;
      try {
        current = node === undefined ? undefined : this.decode(node);
      } catch (error) {
        if (!(error instanceof TallyError)) throw error;
        session.logger.error({ error, path: this.path }, 'an invalid value was ignored');
        this.invalid.emit(error);
        return;
      }
      deliver(onChange, current);
    });
  }

  onInvalid(listener: (error: Error) => void): Unsubscribe {
    return this.invalid.add(listener);
  }

  /** Replaces the value if the node still has `version`. Throws what `parse` throws. */
  set(value: T, version: number): Promise<SetResult> {
    return this.options.session.setWithVersion(this.path, this.encode(value), version);
  }

  /**
   * Reads, applies `change`, writes if nobody wrote meanwhile, else again; creates a missing node.
   * TallyError `conflict` after too many tries. Is the connection lost during a write, it throws
   * `unavailable` and the change may or may not have been made: only the caller can tell.
   */
  async update(change: (current: T | undefined) => T): Promise<ConfigValue<T>> {
    const { session, maxTries = 10 } = this.options;
    for (let tries = 0; tries < maxTries; tries++) {
      const current = await this.read();
      const value = change(current?.value);
      if (current === undefined) {
        const created = await session.create(this.path, this.encode(value));
        if (created.kind === 'created') return { value, version: 0 };
      } else {
        const result = await this.set(value, current.version);
        if (result.kind === 'set') return { value, version: result.version };
      }
    }
    throw new TallyError('conflict', `${this.path}: others changed it ${maxTries} times meanwhile`);
  }

  private decode({ data, version }: NodeValue): ConfigValue<T> {
    try {
      return { value: this.options.parse(JSON.parse(data.toString())), version };
    } catch (error) {
      const message = `${this.path} version ${version} is not valid: ${String(error)}`;
      throw new TallyError('internal', message, { cause: error });
    }
  }

  /** What is written must be readable by everybody, us included. */
  private encode(value: T): Buffer {
    const text = JSON.stringify(value);
    this.options.parse(JSON.parse(text));
    return Buffer.from(text);
  }
}
