import { join } from 'node:path';
import {
  loadPackageDefinition,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { HealthImplementation } from 'grpc-health-check';
import { CODE_TRAILER } from '@tally/contracts';

const definition = loadSync(join(import.meta.dirname, 'echo.proto'));
const loaded = loadPackageDefinition(definition) as unknown as {
  tally: { test: { v1: { Echo: ServiceClientConstructor } } };
};
export const EchoClient = loaded.tally.test.v1.Echo;

export interface EchoResponse {
  readonly text: string;
  readonly instance: string;
}

type Call = ServerUnaryCall<{ text: string }, EchoResponse>;

/**
 * A gRPC server that answers what it is asked for: `hang` waits for `releaseAll`, `fail:<code>` fails
 * with a code of ours, `status:<number>` with a bare gRPC status, all else comes back.
 */
export class EchoServer {
  calls = 0;
  readonly health = new HealthImplementation({ '': 'SERVING' });
  private readonly hanging: (() => void)[] = [];
  private readonly server = new Server();

  private constructor(private readonly id: string) {
    this.server.addService(EchoClient.service, {
      Say: (call: Call, done: sendUnaryData<EchoResponse>) => this.say(call, done),
    });
    this.health.addToServer(this.server);
  }

  static async start(
    id: string,
    port = 0,
    credentials = ServerCredentials.createInsecure(),
  ): Promise<EchoServer & { readonly port: number }> {
    const echo = new EchoServer(id);
    const bound = await new Promise<number>((resolve, reject) =>
      echo.server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) =>
        error === null ? resolve(at) : reject(error),
      ),
    );
    return Object.assign(echo, { port: bound });
  }

  get hangingCalls(): number {
    return this.hanging.length;
  }

  releaseAll(): void {
    for (const release of this.hanging.splice(0)) release();
  }

  /** As kill -9 would: connections are reset, nothing is answered. */
  kill(): void {
    this.server.forceShutdown();
  }

  private say({ request: { text } }: Call, done: sendUnaryData<EchoResponse>): void {
    this.calls += 1;
    const [kind, argument] = text.split(':');
    const answer = (): void => done(null, { text, instance: this.id });
    if (kind === 'hang') {
      this.hanging.push(answer);
    } else if (kind === 'fail' && argument !== undefined) {
      const metadata = new Metadata();
      metadata.set(CODE_TRAILER, argument);
      done({ code: status.FAILED_PRECONDITION, details: 'as asked', metadata });
    } else if (kind === 'status') {
      done({ code: Number(argument), details: 'as asked' });
    } else {
      answer();
    }
  }
}
