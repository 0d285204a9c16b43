/**
 * What was stored durably is not there any more as it was. It is never repaired by forgetting it:
 * the records cannot be read, or the log does not open, until an operator decides.
 */
export class DamagedLog extends Error {
  constructor(
    readonly file: string,
    /** Byte position in the file, where one is known. */
    readonly position: number | undefined,
    readonly detail: string,
    /** Of the first record that should be there, where it is known. */
    readonly offset?: bigint,
  ) {
    super(`${file}${position === undefined ? '' : ` at byte ${position}`} is damaged: ${detail}`);
    this.name = 'DamagedLog';
  }
}
