import { describe, expect, it } from '@jest/globals';
import { TallyError } from '@tally/contracts';
import { createLogger } from './logger.js';

interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
  readonly cause?: LoggedError;
}

/** What the logger writes, as it is read. */
function logged() {
  const lines: { readonly error: LoggedError; readonly msg: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const config = { instance: 'query-1', logLevel: 'info' } as const;
  return { lines, logger: createLogger('query', config, { write }) };
}

describe('a line of the log', () => {
  it('says of an error what it is, where it was made, and what caused it', () => {
    const { lines, logger } = logged();
    const cause = new RangeError('the cause');
    const error = new TallyError('unavailable', 'not there', { cause });
    logger.warn({ error, retryMs: 5 }, 'trying again');
    expect(lines).toMatchObject([
      {
        level: 'warn',
        service: 'query',
        instance: 'query-1',
        msg: 'trying again',
        retryMs: 5,
        error: { type: 'TallyError', message: 'not there', code: 'unavailable' },
      },
    ]);
    expect(lines[0]?.error.stack).toContain('logger.spec.ts');
    expect(lines[0]?.error.cause).toMatchObject({ type: 'RangeError', message: 'the cause' });
  });

  it('has an error that is logged alone in the same field', () => {
    const { lines, logger } = logged();
    logger.error(new Error('alone'));
    expect(lines).toMatchObject([{ msg: 'alone', error: { message: 'alone' } }]);
  });
});
