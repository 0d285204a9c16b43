import { readFileSync } from 'node:fs';

/** Who a session is to ZooKeeper (scheme `digest`), and for whom alone its nodes are then open. */
export interface ZooKeeperAuth {
  readonly user: string;
  readonly password: string;
}

/** The line end does not count. The longest is far below what ZooKeeper takes. */
const LINE = /^([^\s:\p{Cc}]{1,100}):([^\p{Cc}]{1,1000})\r?\n?$/u;

/**
 * Reads what `TALLY_ZOOKEEPER_AUTH_FILE` names; undefined for an empty name. Throws an Error with one
 * sentence, that says nothing of the content, when the file cannot be read or is not as expected.
 */
export function readZooKeeperAuth(file: string): ZooKeeperAuth | undefined {
  if (file === '') return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`TALLY_ZOOKEEPER_AUTH_FILE cannot be read: ${String(cause)}`, { cause });
  }
  const [, user, password] = LINE.exec(text) ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  throw new Error(
    `TALLY_ZOOKEEPER_AUTH_FILE: expected one line user:password in ${file}, got something else`,
  );
}
