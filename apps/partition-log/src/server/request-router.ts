import type { Authentication } from '../security/authentication.js';
import {
  APIS,
  apiVersions,
  KAFKA_ERRORS,
  MalformedFrame,
  nameOfKafkaError,
  readRequestHeader,
  WireReader,
  writeResponse,
  type Api,
  type ApiName,
  type RequestOf,
  type ResponseOf,
} from '@tally/kafka-wire';
import { isOutOfDescriptors } from '@tally/segment-log';

/** Who asks, and what a handler may hold while it answers. */
export interface Caller {
  readonly clientId: string;
  /** Address of the client. */
  readonly clientHost: string;
  /** Aborted when the client is gone or the server drains: nobody should be kept waiting. */
  readonly signal: AbortSignal;
  /** Waits for room for an answer of that many bytes; given back when the answer is sent. */
  readonly reserveAnswer: (bytes: number) => Promise<void>;
  readonly authentication: Authentication;
}

export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  caller: Caller,
) => ResponseOf<N> | undefined | Promise<ResponseOf<N> | undefined>;

/** Served where clients have to authenticate. */
type SaslApi = 'saslHandshake' | 'saslAuthenticate';

/** One per API that is served. `undefined` answers nothing, as a producer with acks=0 expects. */
export type Handlers = {
  readonly [N in Exclude<ApiName, 'apiVersions' | SaslApi>]: Handler<N>;
} & { readonly [N in SaslApi]?: Handler<N> };

/** What a client may ask that has to authenticate again. */
const TO_AUTHENTICATE: readonly number[] = [APIS.saslHandshake.key, APIS.saslAuthenticate.key];
/** What a client may ask that has not authenticated yet. */
const BEFORE_AUTHENTICATION: readonly number[] = [APIS.apiVersions.key, ...TO_AUTHENTICATE];

export interface RoutedRequest {
  /** It may run beside others of its connection that are not answered yet. */
  readonly mayOverlap: boolean;
  /** Resolves with the frame of the answer; undefined when there is none. */
  run(caller: Omit<Caller, 'clientId'>): Promise<Buffer[] | undefined>;
}

/** What was asked was done, and its answer fits no frame: names in it are longer than the format allows. */
export class UnanswerableRequest extends Error {}

/** A client asks for something whose session is over. */
export class ExpiredSession extends Error {}

/** Told of each request that is served. */
export interface RequestObserver {
  /** Returns what is to be called when it is answered, with the first error in the answer. */
  begin(api: string, requestBytes: number): (error: string, answerBytes: number) => void;
}

/** Stands before all handlers. */
export interface RequestGuard {
  /** Passes on to `ask` what is allowed of a request, and answers for the rest. */
  ask(
    api: ApiName,
    request: unknown,
    caller: Caller,
    ask: (request: unknown) => Promise<unknown>,
  ): Promise<unknown>;
}

/** Everything is allowed. */
const OPEN_TO_ALL: RequestGuard = {
  ask: (_api, request, _caller, ask) => ask(request),
};

type AnyHandler = (request: unknown, caller: Caller) => unknown;
interface Route {
  readonly name: ApiName;
  readonly api: Api<unknown, unknown>;
  readonly handler: AnyHandler;
}

/** Finds the handler of a request by its API key and version. */
export class RequestRouter {
  private readonly routes = new Map<number, Route>();
  private readonly served: readonly { key: number; min: number; max: number }[];

  constructor(
    handlers: Partial<Handlers>,
    private readonly observer: RequestObserver,
    private readonly guard: RequestGuard = OPEN_TO_ALL,
  ) {
    const answerVersions: Handler<'apiVersions'> = () => ({
      errorCode: KAFKA_ERRORS.NONE,
      apis: this.served,
    });
    const all = { ...handlers, apiVersions: answerVersions };
    for (const [key, handler] of Object.entries(all)) {
      const name = key as ApiName;
      const api = APIS[name] as Api<unknown, unknown>;
      this.routes.set(api.key, { name, api, handler: handler as AnyHandler });
    }
    this.served = [...this.routes.values()]
      .map(({ api }) => ({ key: api.key, min: api.advertisedMin ?? api.min, max: api.max }))
      .toSorted((a, b) => a.key - b.key);
  }

  /**
   * Throws MalformedFrame, also for an API or version that was not told to the client, and for one that
   * has to wait until the client has authenticated; ExpiredSession where it has to do so again.
   */
  route(frame: Buffer, authentication: Authentication): RoutedRequest {
    if (authentication.takesBareToken) return bareToken(frame);
    const reader = new WireReader(frame);
    const { apiKey, apiVersion, correlationId, clientId } = readRequestHeader(reader);
    refuseUnknown(apiKey, authentication);
    const route = this.routes.get(apiKey);
    const isServed =
      route !== undefined && apiVersion >= route.api.min && apiVersion <= route.api.max;
    if (!isServed) {
      if (apiKey === apiVersions.key) return this.refuseVersion(correlationId, frame.length);
      throw new MalformedFrame(`API ${apiKey} in version ${apiVersion} is not served`);
    }
    const { name, api, handler } = route;
    const request = read(api, reader, apiVersion);
    return {
      mayOverlap: apiKey === APIS.produce.key,
      run: async (caller) => {
        const end = this.observer.begin(api.name, frame.length);
        const asker = { ...caller, clientId };
        const response = await answerOf(api.name, () =>
          this.guard.ask(name, request, asker, async (allowed) => handler(allowed, asker)),
        );
        if (response === undefined) {
          end(nameOfKafkaError(KAFKA_ERRORS.NONE), 0);
          return undefined;
        }
        const answer = encode(() =>
          writeResponse(correlationId, (writer) => api.writeResponse(writer, response, apiVersion)),
        );
        if (answer instanceof Error) {
          end(nameOfKafkaError(KAFKA_ERRORS.UNKNOWN_SERVER_ERROR), 0);
          throw new UnanswerableRequest(
            `the answer to ${api.name} cannot be written: ${answer.message}`,
          );
        }
        end(nameOfKafkaError(firstError(response)), lengthOf(answer));
        return answer;
      },
    };
  }

  /** A client that is newer learns in version 0 what there is, and asks again (KIP-511). */
  private refuseVersion(correlationId: number, requestBytes: number): RoutedRequest {
    return {
      mayOverlap: false,
      run: async () => {
        const end = this.observer.begin(apiVersions.name, requestBytes);
        const errorCode = KAFKA_ERRORS.UNSUPPORTED_VERSION;
        const answer = writeResponse(correlationId, (writer) =>
          apiVersions.writeResponse(writer, { errorCode, apis: this.served }, 0),
        );
        end(nameOfKafkaError(errorCode), lengthOf(answer));
        return answer;
      },
    };
  }
}

/** Throws where the client has to authenticate before it asks for that. */
function refuseUnknown(apiKey: number, { standing, user }: Authentication): void {
  if (standing === 'known') return;
  if (standing === 'expired' && !TO_AUTHENTICATE.includes(apiKey)) {
    throw new ExpiredSession(`the session of ${user?.slice(0, 100)} is over`);
  }
  if (!BEFORE_AUTHENTICATION.includes(apiKey)) {
    throw new MalformedFrame(`API ${apiKey} before authentication`);
  }
}

/** Without a descriptor for a file the client has to ask again; whatever else fails is not its matter. */
async function answerOf(api: string, ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (!isOutOfDescriptors(error)) throw error;
    throw new UnanswerableRequest(`${api} found no descriptor for a file that it has to read`);
  }
}

/** A failure to read a request is the matter of its client, as one to write an answer is. */
function read(api: Api<unknown, unknown>, reader: WireReader, version: number): unknown {
  try {
    return api.readRequest(reader, version);
  } catch (error) {
    if (error instanceof MalformedFrame) throw error;
    throw new MalformedFrame(`a request of ${api.name} cannot be read: ${String(error)}`);
  }
}

/** What a handler throws is another matter: nobody knows then what the log holds. */
function encode(write: () => Buffer[]): Buffer[] | Error {
  try {
    return write();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function lengthOf(frames: readonly Buffer[]): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}

/** The older way to authenticate: after the handshake, tokens alone go to and fro. */
function bareToken(frame: Buffer): RoutedRequest {
  return {
    mayOverlap: false,
    run: async ({ authentication }) => {
      const answer = await authentication.authenticate(frame);
      if (answer === undefined) return undefined;
      const prefix = Buffer.allocUnsafe(4);
      prefix.writeInt32BE(answer.token.length, 0);
      return [prefix, answer.token];
    },
  };
}

/** The first error code other than 0 in a response: its own, or that of a part. */
function firstError(response: unknown): number {
  if (typeof response !== 'object' || response === null || Buffer.isBuffer(response)) return 0;
  if ('errorCode' in response && typeof response.errorCode === 'number') {
    if (response.errorCode !== 0) return response.errorCode;
  }
  for (const part of Object.values(response)) {
    for (const element of Array.isArray(part) ? part : []) {
      const error = firstError(element);
      if (error !== 0) return error;
    }
  }
  return 0;
}
