import { describe, expect, it } from '@jest/globals';
import { catchUp } from './catch-up.js';
import { RC, type NativeClient } from './native-client.js';
import type { Reply, Send } from './session-handle.js';

/** A handle that answers every request with the next code, and keeps what was asked. */
function handleOf(...codes: number[]) {
  const asked: string[] = [];
  const record = (what: string) => (path: string) => asked.push(`${what} ${path}`);
  const native = { a_sync: record('sync'), a_create: record('create') };
  const request = <T>(send: Send<T>): Promise<Reply<T>> => {
    send(native as unknown as NativeClient, () => undefined);
    const rc = codes[asked.length - 1] ?? RC.ok;
    return Promise.resolve({ rc, answered: true, value: undefined, sentAtMs: asked.length });
  };
  return { asked, handle: { request } };
}

describe('the first requests on a connection', () => {
  it('make the server catch up, then the nodes down to the root', async () => {
    const { asked, handle } = handleOf(RC.ok, RC.nodeExists, RC.ok);
    let answers = 0;
    expect(await catchUp(handle, '/a/b', () => (answers += 1))).toBe(1);
    expect(asked).toEqual(['sync /', 'create /a', 'create /a/b']);
    expect(answers).toBe(3);
  });

  it('are one when the root is there', async () => {
    const { asked, handle } = handleOf();
    expect(await catchUp(handle, undefined, () => undefined)).toBe(1);
    expect(asked).toEqual(['sync /']);
  });

  it('confirm nothing when one of them was not answered well', async () => {
    const never = () => expect('told').toBe('never');
    expect(await catchUp(handleOf(RC.closing).handle, '/a', never)).toBeUndefined();
    const refused = handleOf(RC.ok, RC.closing).handle;
    expect(await catchUp(refused, '/a', () => undefined)).toBeUndefined();
  });
});
