import type { Readable } from 'node:stream';

/** What a verb needs of the world around it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** For results. */
  readonly out: Outlet;
  /** For progress and problems: stderr, which may be a terminal. */
  readonly screen: Screen;
  /** Where input comes from that no file is named for. */
  readonly stdin: Source;
  /** Folder for what is to be known in the next run; made when something is kept. */
  readonly home: string;
}

/** At a terminal nothing comes by itself. */
export type Source = Readable & { readonly isTTY?: boolean | undefined };

/** Somewhere to write text. */
export interface Outlet {
  write(text: string): unknown;
}

/** A terminal shows a bar that moves, anything else a line now and then. */
export interface Screen extends Outlet {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** One thing that `tally` can do: `tally NAME ARGUMENTS`. */
export interface Verb {
  readonly name: string;
  /** One line for `tally --help`. */
  readonly summary: string;
  /** Resolves with the exit code; rejects for bugs only. */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}
