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

/** Who asks, and what a handler may hold while it answers. */
export interface Caller {
  readonly clientId: string;
  /** Address of the client. */
  readonly clientHost: string;
  /** Aborted when the client is gone or the server drains: nobody should be kept waiting. */
  readonly signal: AbortSignal;
  /** Waits for room for an answer of that many bytes; given back when the answer is sent. */
  readonly reserveAnswer: (bytes: number) => Promise<void>;
}

export type Handler<N extends ApiName> = (
  request: RequestOf<N>,
  caller: Caller,
) => ResponseOf<N> | undefined | Promise<ResponseOf<N> | undefined>;

/** Served by the connection itself. */
type OwnApi = 'apiVersions' | 'saslHandshake' | 'saslAuthenticate';

/** One per API that is served. `undefined` answers nothing, as a producer with acks=0 expects. */
export type Handlers = { readonly [N in Exclude<ApiName, OwnApi>]: Handler<N> };

export interface RoutedRequest {
  /** It may run beside others of its connection that are not answered yet. */
  readonly mayOverlap: boolean;
  /** Resolves with the frame of the answer; undefined when there is none. */
  run(caller: Omit<Caller, 'clientId'>): Promise<Buffer[] | undefined>;
}

/** Requests that were answered, by API and first error in the answer. */
export type CountRequest = (api: string, error: string) => void;

type AnyHandler = (request: unknown, caller: Caller) => unknown;
interface Route {
  readonly api: Api<unknown, unknown>;
  readonly handler: AnyHandler;
}

/** Finds the handler of a request by its API key and version. */
export class RequestRouter {
  private readonly routes = new Map<number, Route>();
  private readonly served: readonly { key: number; min: number; max: number }[];

  constructor(
    handlers: Handlers,
    private readonly count: CountRequest,
  ) {
    const answerVersions: Handler<'apiVersions'> = () => ({
      errorCode: KAFKA_ERRORS.NONE,
      apis: this.served,
    });
    const all = { ...handlers, apiVersions: answerVersions };
    for (const [name, handler] of Object.entries(all)) {
      const api = APIS[name as ApiName] as Api<unknown, unknown>;
      this.routes.set(api.key, { api, handler: handler as AnyHandler });
    }
    this.served = [...this.routes.values()]
      .map(({ api }) => ({ key: api.key, min: api.advertisedMin ?? api.min, max: api.max }))
      .toSorted((a, b) => a.key - b.key);
  }

  /** Throws MalformedFrame, also for an API or version that was not told to the client. */
  route(frame: Buffer): RoutedRequest {
    const reader = new WireReader(frame);
    const { apiKey, apiVersion, correlationId, clientId } = readRequestHeader(reader);
    const route = this.routes.get(apiKey);
    const isServed =
      route !== undefined && apiVersion >= route.api.min && apiVersion <= route.api.max;
    if (!isServed) {
      if (apiKey === apiVersions.key) return this.refuseVersion(correlationId);
      throw new MalformedFrame(`API ${apiKey} in version ${apiVersion} is not served`);
    }
    const { api, handler } = route;
    const request = api.read(reader, apiVersion);
    return {
      mayOverlap: apiKey === APIS.produce.key,
      run: async (caller) => {
        const response = await handler(request, { ...caller, clientId });
        if (response === undefined) return undefined;
        this.count(api.name, nameOfKafkaError(firstError(response)));
        return writeResponse(correlationId, (writer) => api.write(writer, response, apiVersion));
      },
    };
  }

  /** A client that is newer learns in version 0 what there is, and asks again (KIP-511). */
  private refuseVersion(correlationId: number): RoutedRequest {
    return {
      mayOverlap: false,
      run: async () => {
        const errorCode = KAFKA_ERRORS.UNSUPPORTED_VERSION;
        this.count(apiVersions.name, nameOfKafkaError(errorCode));
        return writeResponse(correlationId, (writer) =>
          apiVersions.write(writer, { errorCode, apis: this.served }, 0),
        );
      },
    };
  }
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
