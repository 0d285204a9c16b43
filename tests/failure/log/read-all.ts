import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** More than any trial writes. */
const MAX_OUTPUT_BYTES = 1 << 30;
const READ_WITHIN_MS = 60_000;

/**
 * Values by partition and offset, as kcat reads them from the beginning to the end. It belongs to no
 * group: on a full disk none can be formed, and reading needs none. It checks every CRC itself.
 */
export async function readAll(port: number, topic: string): Promise<Map<string, string>> {
  const args = ['-b', `127.0.0.1:${port}`, '-C', '-q', '-e', '-t', topic];
  const options = ['-X', 'check.crcs=true', '-f', '%p %o %s\n'];
  let output: string;
  try {
    const limits = { maxBuffer: MAX_OUTPUT_BYTES, timeout: READ_WITHIN_MS };
    output = (await promisify(execFile)('kcat', [...args, ...options], limits)).stdout;
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string };
    throw new Error(`records cannot be read: ${stderr.trim() || String(error)}`, { cause: error });
  }
  const lines = output.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [partition, offset] = line.split(' ', 2);
      const key = `${partition} ${offset}`;
      return [key, line.slice(key.length + 1)];
    }),
  );
}
