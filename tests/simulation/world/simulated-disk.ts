import {
  GenerationFiles,
  generationFileName,
  parseGenerationFileName,
  readGeneration,
  sealGeneration,
  toldRecords,
  type ClosedGeneration,
  type GenerationFile,
  type WindowGeneration,
} from '@tally/counting';
import type { EventsTopic } from '@tally/placement';
import type { Random } from '../../failure/traffic/random.js';
import type { SimulatedProcess } from './simulated-process.js';

const CHECKSUM_BYTES = 4;
const MAX_READ_MS = 60;
const MAX_WRITE_MS = 200;

export interface DiskFaults {
  /** Control: a generation is used that goes on behind where counting begins. */
  usesNewer: boolean;
  /** Control: a damaged file is believed, as if it had no checksum. */
  trustsFiles: boolean;
  /** Control: where a generation is missing, the next one is used. */
  ignoresHoles: boolean;
}

/** What happens to the files of a processor. */
export const WHIMS = ['lost', 'torn', 'damaged', 'older', 'of another'] as const;
export type Whim = (typeof WHIMS)[number];

/** The folder of a processor's generations, which outlives its process. */
export class SimulatedDisk {
  private files: ReadonlyMap<string, Buffer> = new Map();
  /** The folder as it was after each write. */
  private readonly states: ReadonlyMap<string, Buffer>[] = [];
  /** Generations that were told again. */
  recalled = 0;

  constructor(
    private readonly topic: EventsTopic,
    private readonly process: SimulatedProcess,
    private readonly random: Random,
    private readonly faults: DiskFaults,
  ) {}

  /** A file is there as a whole or not at all. */
  write(generation: ClosedGeneration): void {
    const name = generationFileName(this.topic.name, generation);
    this.process.later(this.random.between(0, MAX_WRITE_MS), () => {
      this.files = new Map([...this.files, [name, generation.bytes]]);
      const outdated = this.index().outdated(generation.partition);
      this.files = this.without(({ name: each }) => outdated.some((old) => old.name === each));
      this.states.push(this.files);
    });
  }

  read(
    {
      partition,
      from,
      to,
    }: { readonly partition: number; readonly from: bigint; readonly to: bigint },
    hear: (generation: WindowGeneration | undefined) => void,
  ): void {
    this.process.later(this.random.between(0, MAX_READ_MS), () => {
      const found = this.find(partition, from, to);
      if (found !== undefined) this.recalled += 1;
      hear(found);
    });
  }

  /** What no processor does. */
  spoil(whim: Whim, other: SimulatedDisk | undefined): void {
    const [some] = this.random.shuffle([...this.files.keys()]);
    switch (whim) {
      case 'lost':
        this.files = this.without(() => this.random.chance(40));
        return;
      case 'torn':
        return this.change(some, (bytes) =>
          bytes.subarray(0, this.random.between(0, bytes.length - 1)),
        );
      case 'damaged':
        for (const name of this.files.keys())
          if (this.random.chance(50)) this.change(name, (bytes) => this.damaged(name, bytes));
        return;
      case 'older':
        if (this.states.length > 0) this.files = this.random.pick(this.states);
        return;
      case 'of another':
        this.files = other?.files ?? this.files;
    }
  }

  private find(partition: number, from: bigint, to: bigint): WindowGeneration | undefined {
    const { usesNewer, ignoresHoles } = this.faults;
    const index = this.index();
    const files = index.holding(partition, from, usesNewer ? 1n << 60n : to);
    for (const file of ignoresHoles ? [...files, ...this.behind(partition, from, to)] : files) {
      const read = readGeneration(this.files.get(file.name) ?? Buffer.of(), this.topic.name, file);
      // As if it were no newer: counting goes on at `to`, and knows already what comes.
      if (read.kind === 'generation') return { ...read, end: read.end < to ? read.end : to };
    }
    return undefined;
  }

  private behind(partition: number, from: bigint, to: bigint): GenerationFile[] {
    return this.named()
      .filter((file) => file.partition === partition && file.first > from && file.end <= to)
      .sort((a, b) => Number(a.first - b.first));
  }

  private index(): GenerationFiles {
    const index = new GenerationFiles(this.topic.name, this.topic.dedupWindowMs);
    for (const name of this.files.keys()) index.add(name);
    return index;
  }

  private named(): GenerationFile[] {
    return [...this.files.keys()].flatMap((name) => parseGenerationFileName(name) ?? []);
  }

  private without(isGone: (file: GenerationFile) => boolean): ReadonlyMap<string, Buffer> {
    const gone = new Set(
      this.named()
        .filter(isGone)
        .map(({ name }) => name),
    );
    return new Map([...this.files].filter(([name]) => !gone.has(name)));
  }

  private change(name: string | undefined, how: (bytes: Buffer) => Buffer): void {
    this.files = new Map(
      [...this.files].map(([each, bytes]) => [each, each === name ? how(bytes) : bytes]),
    );
  }

  /** No fingerprint is what it was. */
  private damaged(name: string, bytes: Buffer): Buffer {
    const file = parseGenerationFileName(name);
    if (file === undefined) return bytes;
    const read = readGeneration(bytes, this.topic.name, file);
    if (read.kind === 'malformed') return bytes;
    const other = Buffer.from(bytes);
    const records = [...toldRecords(read)];
    for (const { from, to } of records)
      for (let at = from; at < to; at += 1) other[at] = 0xff ^ (other[at] ?? 0);
    if (!this.faults.trustsFiles) return other;
    const { partition, first } = file;
    const what = { topic: this.topic.name, partition, first, events: read.events };
    return sealGeneration(other, bytes.length - CHECKSUM_BYTES, {
      ...what,
      records: records.length,
    });
  }
}
