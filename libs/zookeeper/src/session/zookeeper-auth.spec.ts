import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readZooKeeperAuth } from './zookeeper-auth.js';

const dir = mkdtempSync(join(tmpdir(), 'tally-zookeeper-auth-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function fileWith(text: string): string {
  const file = join(dir, 'auth');
  writeFileSync(file, text);
  return file;
}

describe('the file with the secret of ZooKeeper', () => {
  it('is none where none is named', () => {
    expect(readZooKeeperAuth('')).toBeUndefined();
  });

  it('is one line, and the password may hold colons and spaces', () => {
    const expected = { user: 'tally', password: 'a:b c' };
    expect(readZooKeeperAuth(fileWith('tally:a:b c\n'))).toEqual(expected);
    expect(readZooKeeperAuth(fileWith('tally:a:b c'))).toEqual(expected);
  });

  it('that is missing is refused with a sentence that names the setting', () => {
    expect(() => readZooKeeperAuth(join(dir, 'missing'))).toThrow(
      /TALLY_ZOOKEEPER_AUTH_FILE cannot be read: .*ENOENT/,
    );
  });

  it.each(['', '\n', 'tally', 'tally:', ':secret', 'ta lly:secret', 'tally:secret\nmore:secret\n'])(
    'that holds %j is refused, and what it holds is not said',
    (text) => {
      const file = fileWith(text);
      const message = `TALLY_ZOOKEEPER_AUTH_FILE: expected one line user:password in ${file}, got something else`;
      expect(() => readZooKeeperAuth(file)).toThrow(message);
    },
  );
});
