/** The parts of Fastify that are used here. */
export interface HttpRequest {
  readonly method: string;
  /** Target with the query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  /** `url`: the pattern of the route that was found. */
  readonly routeOptions: { readonly url?: string };
}

export interface HttpReply {
  readonly statusCode: number;
  /** Since the head of the request, ms. */
  readonly elapsedTime: number;
  readonly raw: { once(event: 'close', listener: () => void): unknown };
  status(status: number): HttpReply;
  header(name: string, value: string): HttpReply;
  removeHeader(name: string): HttpReply;
  headers(headers: Readonly<Record<string, string>>): HttpReply;
  send(body: unknown): unknown;
}

type Hook = (request: HttpRequest, reply: HttpReply, done: (error?: Error) => void) => void;

type SendHook = (
  request: HttpRequest,
  reply: HttpReply,
  payload: unknown,
  done: (error?: Error) => void,
) => void;

export interface HttpServer {
  addHook(name: 'onRequest' | 'onResponse', hook: Hook): unknown;
  addHook(name: 'onSend', hook: SendHook): unknown;
  removeAllContentTypeParsers(): void;
}
