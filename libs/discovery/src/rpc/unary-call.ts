import {
  Metadata,
  type Client,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import type { TallyError } from '@tally/contracts';
import type { Outcome } from '@tally/resilience';
import { outcomeOf, toTallyError } from './grpc-failure.js';

/** A call without an answer. */
export interface FailedCall {
  readonly kind: 'failed';
  readonly error: TallyError;
  /** What it says about the instance. */
  readonly outcome: Outcome;
  /** False only when it was certainly never given to a connection. */
  readonly mayHaveBeenSent: boolean;
}

/** One call of one method, ended by its deadline (ms since 1970) or by the signal. */
export function unary(
  client: Client,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<object, object>,
  request: object,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<FailedCall | { readonly kind: 'answered'; readonly response: unknown }> {
  return new Promise((resolve) => {
    const cancel = (): void => call.cancel();
    const done = (cause: ServiceError | null, response?: object): void => {
      signal?.removeEventListener('abort', cancel);
      if (cause === null) return resolve({ kind: 'answered', response });
      const target = client.getChannel().getTarget();
      // A call that was never given to a connection has the target for a peer.
      const mayHaveBeenSent = call.getPeer() !== target;
      const error = toTallyError(`${path} on ${target.replace(/^dns:/, '')}`, cause);
      resolve({ kind: 'failed', error, outcome: outcomeOf(cause), mayHaveBeenSent });
    };
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      new Metadata(),
      { deadline },
      done,
    );
    signal?.addEventListener('abort', cancel);
  });
}

/** `name` as in the .proto. A method that is not there, or not unary, is a bug: TypeError. */
export function methodOf(
  service: ServiceDefinition,
  name: string,
): MethodDefinition<object, object> {
  const found = Object.values(service).find(({ path }) => path.endsWith(`/${name}`));
  if (found === undefined || found.requestStream || found.responseStream) {
    const unaryOnes = Object.values(service).map(({ path }) => path);
    throw new TypeError(`expected a unary method of ${unaryOnes.join(', ')}, got ${name}`);
  }
  return found as MethodDefinition<object, object>;
}
