/**
 * What was stored durably is not there any more as it was. It is never repaired by forgetting it:
 * the log does not open, or the read fails, until an operator decides.
 */
export class DamagedLog extends Error {
  constructor(
    readonly file: string,
    /** Byte position in the file, where one is known. */
    readonly position: number | undefined,
    detail: string,
  ) {
    super(`${file}${position === undefined ? '' : ` at byte ${position}`} is damaged: ${detail}`);
    this.name = 'DamagedLog';
  }
}
