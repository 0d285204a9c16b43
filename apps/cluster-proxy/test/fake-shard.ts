import {
  Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { packageDefinition, type shardProxy, TallyError } from '@tally/contracts';

export const SHARD_PROXY = packageDefinition()[
  'tally.shard_proxy.v1.ShardProxyService'
] as ServiceDefinition;

type Answer<Request, Response> = (
  request: Request,
  call: ServerUnaryCall<unknown, unknown>,
) => Response | Promise<Response>;

/** What a shard answers; a TallyError fails the call with its code. */
export interface ShardAnswers {
  readonly ApplyDelta: Answer<shardProxy.ApplyDeltaRequest, shardProxy.ApplyDeltaResponse>;
  readonly GetCoverage: Answer<shardProxy.GetCoverageRequest, shardProxy.GetCoverageResponse>;
  readonly ReadCounters: Answer<shardProxy.ReadCountersRequest, shardProxy.ReadCountersResponse>;
  readonly ReadGroups: Answer<shardProxy.ReadGroupsRequest, shardProxy.ReadGroupsResponse>;
  readonly AcceptLoss: Answer<shardProxy.AcceptLossRequest, shardProxy.LossesResponse>;
  readonly ReadLedger: Answer<shardProxy.ReadLedgerRequest, shardProxy.ReadLedgerResponse>;
  readonly ListLosses: Answer<shardProxy.ListLossesRequest, shardProxy.LossesResponse>;
  readonly GetInstallation: Answer<
    shardProxy.GetInstallationRequest,
    shardProxy.GetInstallationResponse
  >;
  readonly GetShardStatus: Answer<object, shardProxy.GetShardStatusResponse>;
}

/** A gRPC server instead of a shard-proxy, on loopback. */
export class FakeShard {
  private readonly server = new Server();

  /** Answers may be replaced at any time. */
  constructor(
    readonly answers: { -readonly [Method in keyof ShardAnswers]?: ShardAnswers[Method] },
  ) {
    const handler =
      (method: string): UntypedHandleCall =>
      (call: ServerUnaryCall<unknown, unknown>, done: sendUnaryData<unknown>): void => {
        const answer = answers[method as keyof ShardAnswers] as
          Answer<unknown, unknown> | undefined;
        Promise.resolve(call.request)
          .then((request) => {
            if (answer === undefined) throw new TallyError('internal', `no answer to ${method}`);
            return answer(request, call);
          })
          .then(
            (response) => done(null, response),
            (error: Error) => {
              const metadata = new Metadata();
              if (error instanceof TallyError) metadata.set('tally-code', error.code);
              done({ code: status.UNKNOWN, details: error.message, metadata });
            },
          );
      };
    this.server.addService(
      SHARD_PROXY,
      Object.fromEntries(Object.keys(SHARD_PROXY).map((name) => [name, handler(name)])),
    );
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      const credentials = ServerCredentials.createInsecure();
      this.server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  kill(): void {
    this.server.forceShutdown();
  }
}
