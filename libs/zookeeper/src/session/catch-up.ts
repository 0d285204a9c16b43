import { RC } from './native-client.js';
import { parentsOf } from './paths.js';
import type { SessionHandle } from './session-handle.js';

/**
 * The first requests on a connection: `sync` makes the server catch up, so that later reads do not go
 * back in time; then the nodes down to `root` are made, unless there is none to be made. `onAnswer` is
 * told of each answer. Gives when `sync` was sent; undefined when not all was answered well.
 */
export async function catchUp(
  handle: Pick<SessionHandle, 'request'>,
  root: string | undefined,
  onAnswer: () => void,
): Promise<number | undefined> {
  const { rc, sentAtMs } = await handle.request<string>((native, done) =>
    native.a_sync('/', (code) => done(code)),
  );
  if (rc !== RC.ok) return undefined;
  onAnswer();
  const missing = root === undefined ? [] : [...parentsOf(root), root];
  for (const path of missing) {
    const created = await handle.request((native, done) =>
      native.a_create(path, Buffer.alloc(0), 0, done),
    );
    if (created.rc !== RC.ok && created.rc !== RC.nodeExists) return undefined;
    onAnswer();
  }
  return sentAtMs;
}
