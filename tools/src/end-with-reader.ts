/** Of a command that SIGPIPE ended, as shells say it. */
const NOBODY_READS = 141;

/** Once its reader has seen enough, as `head` does, a command cleans up and ends without a word. */
export function endWithReader(cleanUp: () => Promise<unknown> = async () => undefined): void {
  let end: Promise<unknown> | undefined;
  process.stdout.on('error', () => {
    end ??= cleanUp().finally(() => process.exit(NOBODY_READS));
  });
}
