import { NoAnswerNowError } from '@tally/client';

/** What a stack is started with so that there is somebody who may administer it. */
export const ADMIN_ENV = { TALLY_ADMIN_KEY: 'chaos' };

const ANSWER_WITHIN_MS = 15_000;
const NOT_NOW: ReadonlySet<number> = new Set([429, 500, 503, 504]);

/**
 * Asks the public API with the admin key. Rejects with a NoAnswerNowError where the same request may be
 * answered a little later, and with another error where it is refused.
 */
export async function administer<T>(
  gateway: string,
  path: string,
  method: 'GET' | 'PUT' | 'DELETE' = 'GET',
  document?: object,
): Promise<T> {
  const { status, text } = await send(gateway, path, method, document);
  if (status === 200 || status === 201) return JSON.parse(text) as T;
  const Refusal = NOT_NOW.has(status) ? NoAnswerNowError : Error;
  throw new Refusal(`the gateway answered ${status} to ${method} ${path}: ${text}`);
}

async function send(gateway: string, path: string, method: string, document: object | undefined) {
  const headers: Record<string, string> = {
    authorization: `Bearer ${ADMIN_ENV.TALLY_ADMIN_KEY}`,
  };
  if (document !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(`${gateway}${path}`, {
      method,
      headers,
      ...(document === undefined ? {} : { body: JSON.stringify(document) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    throw new NoAnswerNowError(`no answer to ${method} ${path}`, { cause });
  }
}
