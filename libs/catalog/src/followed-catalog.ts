import { setTimeout as delay } from 'node:timers/promises';
import { catalogTopic, SECOND_MS, TallyError, type CatalogFields } from '@tally/contracts';
import type { Catalog } from '@tally/counting';
import { LogReader, type KafkaConfig, type LogAdmin } from '@tally/log-client';
import { crash, keepTrying } from '@tally/resilience';
import type { Logger } from '@tally/service-kit';
import { CatalogStore, type CatalogEntry } from './catalog-store.js';

const PARTITION = 0;
/** Read at once, and how long new records are waited for in one question. */
const READ = { maxBytes: 1 << 20, maxWaitMs: 5 * SECOND_MS };
/** How often it is looked whether there is a catalogue by now. */
const LOOK_MS = 5 * SECOND_MS;
/** After the log did not answer, and between two looks at where it ends. */
const RETRY_MS = SECOND_MS;
/** A position that was named is waited for so long without a word. */
const QUIET_MS = 10 * SECOND_MS;

export interface FollowedCatalogOptions {
  /** Of the copies on this disk. */
  readonly dir: string;
  readonly eventsTopic: string;
  readonly kafka: KafkaConfig;
  readonly admin: LogAdmin;
  readonly logger: Logger;
  /** Time for which the log has to answer that it ends before a position until that is nowhere. */
  readonly positionWaitMs: number;
}

/** The catalogue as the log has it, followed on this disk from when there is one. */
export class FollowedCatalog implements Catalog {
  private readonly topic: string;
  private readonly reader: LogReader;
  private readonly stopping = new AbortController();
  private readonly waiting = new Set<() => void>();
  private store: CatalogStore | undefined;
  private following: Promise<void> | undefined;
  /** Ends the wait for the next look. */
  private look = new AbortController();

  constructor(private readonly options: FollowedCatalogOptions) {
    this.topic = catalogTopic(options.eventsTopic);
    this.reader = new LogReader(options.kafka);
  }

  /** To whose events it belongs. */
  get eventsTopic(): string {
    return this.options.eventsTopic;
  }

  /** How far it was read. */
  get position(): bigint {
    return this.store?.position ?? 0n;
  }

  start(): this {
    this.following = this.follow().catch(crash);
    return this;
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.look.abort();
    await this.reader.close();
    await this.following;
    await this.store?.close();
  }

  reaches(position: bigint): boolean {
    return position <= this.position;
  }

  fields(project: string, subject: string, position: bigint): CatalogFields | undefined {
    if (position === 0n) return undefined;
    if (this.store === undefined)
      throw new RangeError(`expected a position up to 0, got ${position}`);
    return this.store.fields(project, subject, position);
  }

  /**
   * Resolves with true when all below the position is known here, and with false when the log says for
   * some time that it ends before, or, with `isOneLook`, when it says so once; undefined: the signal was
   * aborted. While the log does not answer nobody can say that, so that time does not count.
   */
  async reach(
    position: bigint,
    signal: AbortSignal,
    { isOneLook } = { isOneLook: false },
  ): Promise<boolean | undefined> {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    this.look.abort();
    try {
      return await Promise.race([
        this.whenReached(position, either),
        this.isNowhere(position, isOneLook, either),
      ]);
    } finally {
      done.abort();
    }
  }

  /**
   * What is known of the subject, by all that the log has of the catalogue now; undefined: nothing is.
   * TallyError `unavailable` when that was not read until the signal was aborted.
   */
  async latest(
    project: string,
    subject: string,
    signal: AbortSignal,
  ): Promise<CatalogEntry | undefined> {
    const end = await this.end();
    if ((await this.reach(end, signal)) !== true)
      throw new TallyError('unavailable', `the catalogue was read up to ${this.position}`);
    return this.store?.latest(project, subject);
  }

  /** Of the catalogue in the log; 0n: there is none. */
  private async end(): Promise<bigint> {
    const { admin } = this.options;
    if (!(await admin.hasTopic(this.topic))) return 0n;
    return (await admin.bounds(this.topic)).get(PARTITION)?.high ?? 0n;
  }

  private async whenReached(position: bigint, signal: AbortSignal): Promise<true | undefined> {
    while (!this.reaches(position) && !signal.aborted)
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    return signal.aborted ? undefined : true;
  }

  /** False when it is; nothing until the signal is aborted when it is not. */
  private async isNowhere(
    position: bigint,
    isOneLook: boolean,
    signal: AbortSignal,
  ): Promise<false | undefined> {
    const { logger, positionWaitMs } = this.options;
    const begunAtMs = performance.now();
    let answers = isOneLook ? 1 : Math.ceil(positionWaitMs / RETRY_MS);
    await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    return keepTrying<false>(
      async () => {
        if ((await this.end()) < position && --answers <= 0) return false;
        throw new TallyError('unavailable', `the catalogue was read up to ${this.position}`);
      },
      {
        signal,
        retryMs: RETRY_MS,
        onFailure: (error) => {
          const said = { error, position: String(position) };
          if (performance.now() - begunAtMs < QUIET_MS)
            logger.debug(said, 'waiting for a position of the catalogue');
          else logger.error(said, 'ALARM: a position of the catalogue is waited for');
        },
      },
    );
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    await this.untilThere();
    if (signal.aborted) return;
    const { dir, logger } = this.options;
    this.store = await CatalogStore.open(dir, this.topic, logger);
    this.wakeAll();
    while (!signal.aborted)
      await keepTrying(() => this.readOn(), {
        signal,
        retryMs: RETRY_MS,
        onFailure: (error) => logger.warn({ error }, 'the catalogue cannot be read'),
      });
  }

  private async untilThere(): Promise<void> {
    const { logger } = this.options;
    const { signal } = this.stopping;
    for (let isThere = false; !isThere && !signal.aborted;) {
      // Who wants to know it meanwhile has it looked for again, at once.
      this.look = new AbortController();
      const found = await keepTrying(() => this.assertThere(), {
        signal: AbortSignal.any([signal, this.look.signal]),
        retryMs: LOOK_MS,
        onFailure: (error) => logger.debug({ error }, 'there is no catalogue yet'),
      });
      isThere = found === true;
    }
  }

  private async assertThere(): Promise<true> {
    if (await this.options.admin.hasTopic(this.topic)) return true;
    throw new TallyError('unavailable', `the log has no topic ${this.topic}`);
  }

  private async readOn(): Promise<void> {
    const { store, topic, reader } = this;
    if (store === undefined) throw new Error('expected a catalogue that was opened');
    const from = store.position;
    const [read] = await reader.read(topic, new Map([[PARTITION, from]]), READ);
    const { records = [], high = 0n } = read ?? {};
    if (records.length === 0 && high !== from)
      throw new TallyError(
        'unavailable',
        `expected offset ${from} of the catalogue, which the log does not have: it ends at ${high}`,
      );
    const malformed = await store.apply(records);
    if (malformed.length > 0)
      this.options.logger.error(
        { offsets: malformed.map(String) },
        'ALARM: records of the catalogue are no entries, and say nothing',
      );
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const wake of this.waiting) wake();
  }
}
