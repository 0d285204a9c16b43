import type { FailureStack } from '../rig/failure-stack.js';
import { CatalogWriter } from './catalog-writer.js';
import type { ClientRecord } from './client-record.js';
import { GroupReader } from './group-reader.js';
import { Latecomer } from './latecomer.js';
import type { Random } from './random.js';
import { Reader } from './reader.js';
import { PLAYS, subjectsOf, VIEWS, WATCHES } from './traffic.js';

/** Everybody who does something beside the clients while a trial goes on. */
export class Bystanders {
  readonly reader: Reader;
  readonly catalogWriter: CatalogWriter;
  readonly groupReader: GroupReader;
  private readonly latecomer: Latecomer;

  constructor(on: FailureStack, seed: number, random: Random, record: ClientRecord) {
    const { gateway, kafka: brokers } = on.addresses;
    const { topic, dedupWindowMs, registryVersion } = on.recount;
    const subjects = subjectsOf(WATCHES, seed);
    this.reader = new Reader(gateway, subjectsOf(VIEWS, seed), record);
    this.catalogWriter = new CatalogWriter(gateway, subjects, random.part(0));
    this.groupReader = new GroupReader(gateway, PLAYS, subjectsOf(PLAYS, seed));
    this.latecomer = new Latecomer({
      brokers,
      topic,
      dedupWindowMs,
      registryVersion,
      subjects,
      record,
      name: `s${seed}-${Date.now().toString(36)}-late`,
      random: random.part(1),
    });
  }

  /** What they found wrong. */
  get problems(): readonly string[] {
    return [...this.reader.problems, ...this.catalogWriter.problems];
  }

  async stop(): Promise<void> {
    const all = [this.reader, this.catalogWriter, this.groupReader, this.latecomer];
    await Promise.all(all.map((one) => one.stop()));
  }
}
