import { createHmac } from 'node:crypto';
import { TallyError } from '@tally/contracts';
import type { NodeClosing } from './node-closing.js';
import { failure } from './refusal.js';
import { RC } from './native-client.js';
import type { SessionHandle } from './session-handle.js';
import type { ZooKeeperAuth } from './zookeeper-auth.js';

type Handle = Pick<SessionHandle, 'request'>;

/** Says who we are, before anything else is asked on a connection. False when it was not answered. */
export async function addAuth(handle: Handle, { user, password }: ZooKeeperAuth): Promise<boolean> {
  const { rc } = await handle.request((native, done) =>
    native.add_auth('digest', `${user}:${password}`, (code) => done(code)),
  );
  return rc === RC.ok;
}

/** What the root holds once all below it was closed with this secret; nobody else can know it. */
export function closedMark({ user, password }: ZooKeeperAuth): Buffer {
  return Buffer.from(createHmac('sha256', password).update(`closed for ${user}`).digest('hex'));
}

/**
 * Closes the root before anything is put below it, unless it holds the mark. `refused`: it is closed
 * for somebody else.
 */
export async function closeRoot(
  handle: Handle,
  root: string,
  auth: ZooKeeperAuth,
  closing: NodeClosing,
): Promise<
  { readonly kind: 'closed' | 'unanswered' } | { readonly kind: 'refused'; readonly reason: string }
> {
  const read = await handle.request<Buffer>((native, done) =>
    native.a_get(root, false, (rc, _, __, data) => done(rc, data ?? undefined)),
  );
  if (!read.answered) return { kind: 'unanswered' };
  const what = `get ${root}`;
  if (read.rc === RC.noAuth) return { kind: 'refused', reason: failure(what, read.rc).message };
  if (read.value?.equals(closedMark(auth))) return { kind: 'closed' };
  let isAnswered = true;
  try {
    const found = await closing.closeOpen(root, true, async (_, send) => {
      const reply = await handle.request(send);
      isAnswered &&= reply.answered;
      return reply;
    });
    if (found === 'foreign') throw failure(`close ${root}`, RC.noAuth);
    // Deleted meanwhile: the next creation makes it anew, and closes it.
    return { kind: 'closed' };
  } catch (error) {
    if (!isAnswered) return { kind: 'unanswered' };
    if (!(error instanceof TallyError)) throw error;
    return { kind: 'refused', reason: error.message };
  }
}
