import type { StoppedBatch } from '@tally/client';
import type { LineBatch } from '@tally/client/journal';

/** Something that the user has to know and to settle: the import stops, with this as its last line. */
export class ImportProblem extends Error {}

/** What ended the sending of an input, as somebody at a command line wants to hear it. */
export function problemOf({ batch, stopped }: StoppedBatch<LineBatch>): ImportProblem {
  const { why } = stopped;
  switch (stopped.kind) {
    case 'in doubt':
      return new ImportProblem(
        `lines ${batch.lineNumbers}: ${why}; trying longer could count them twice. Started again, the import goes on and says what stayed in doubt`,
      );
    case 'unreachable':
      return new ImportProblem(`${why}: is Tally running? --gateway says where it is`);
    case 'refused':
      return new ImportProblem(
        stopped.reason === 'key' ? `${why}; TALLY_API_KEY holds the key` : why,
      );
    case 'given up':
      return new ImportProblem(why);
  }
}
