import {
  Metadata,
  Server,
  ServerCredentials,
  type Deadline,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  CODE_TRAILER,
  ERROR_CODES,
  MAX_MESSAGE_BYTES,
  packageDefinition,
  type ErrorCode,
} from '@tally/contracts';
import { HealthImplementation } from 'grpc-health-check';

/** What a handler throws to fail with a code of ours. */
export class Refusal extends Error {
  constructor(readonly code: ErrorCode) {
    super(`refused as asked: ${code}`);
  }
}

/** `call` tells when its caller has gone. */
type Handler = (request: never, call: ServerUnaryCall<never, object>) => Promise<object>;

/** The end of a call for its server, as far as waiting for its caller needs it. */
interface Ended {
  getDeadline(): Deadline;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** Resolves when the caller goes before its answer, with the ms that it would still have waited. */
export function whenCallerGoes(call: Ended): Promise<number> {
  return new Promise((resolve) =>
    call.on('cancelled', () => resolve(Number(call.getDeadline()) - Date.now())),
  );
}

/** Another service as the one under test sees it: a real gRPC server, what it says is the test's. */
export class StubService {
  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  /** `service`: its protobuf name, e.g. `tally.query.v1.QueryService`. */
  static async start(
    service: string,
    handlers: Readonly<Record<string, Handler>>,
  ): Promise<StubService> {
    const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
    const methods = Object.entries(handlers).map(([name, handle]) => [name, answering(handle)]);
    server.addService(
      packageDefinition()[service] as ServiceDefinition,
      Object.fromEntries(methods) as never,
    );
    new HealthImplementation({ '': 'SERVING' }).addToServer(server);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    return new StubService(port, server);
  }

  stop(): void {
    this.server.forceShutdown();
  }
}

function answering(handle: Handler) {
  return (call: ServerUnaryCall<never, object>, done: sendUnaryData<object>): void => {
    handle(call.request, call).then(
      (answer) => done(null, answer),
      (error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        const metadata = new Metadata();
        metadata.set(CODE_TRAILER, error.code);
        done({ code: ERROR_CODES[error.code].grpc, details: error.message, metadata });
      },
    );
  };
}
