import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { ERROR_CODES, type ErrorCode, TallyError } from '@tally/contracts';
import { toProblem } from '../errors/problem-details.js';
import type { Logger } from '../logging/logger.js';

/** The part of Fastify's reply that is used here. */
interface Reply {
  readonly sent: boolean;
  status(status: number): Reply;
  headers(headers: Readonly<Record<string, string>>): Reply;
  send(body: unknown): unknown;
}

/** Answers every failure with problem details. A bug's text stays in the log. */
@Catch()
export class ProblemFilter implements ExceptionFilter<unknown> {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const known = asTallyError(error);
    if (known.cause === error && known.code === 'internal')
      this.logger.error({ error }, 'a bug in an HTTP handler');
    else this.logger.debug({ code: known.code, cause: known.cause }, known.message);
    const reply = host.switchToHttp().getResponse<Reply>();
    if (reply.sent) return;
    const { status, headers, body } = toProblem(known);
    reply.status(status).headers(headers).send(body);
  }
}

function asTallyError(error: unknown): TallyError {
  if (error instanceof TallyError) return error;
  if (isGoneAway(error))
    return new TallyError('invalid_argument', 'expected the whole body, its caller went away', {
      cause: error,
    });
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  const code = (Object.keys(ERROR_CODES) as ErrorCode[]).find(
    (name) => ERROR_CODES[name].http === status,
  );
  // Only the framework's own refusals of a request may speak; anything else is a bug.
  return code === undefined || status >= 500
    ? new TallyError('internal', 'internal error', { cause: error })
    : new TallyError(code, (error as Error).message, { cause: error });
}

/** What Node says of a request whose connection ended before its body: no fault of the handler. */
function isGoneAway(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ECONNRESET' &&
    'message' in error &&
    error.message === 'aborted'
  );
}

/** Errors of the HTTP server itself carry the status they ask for. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' ? status : 500;
}
