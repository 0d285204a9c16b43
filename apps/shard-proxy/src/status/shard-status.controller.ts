import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { type shardProxy, TallyError } from '@tally/contracts';
import { IDENTITY_COLUMNS } from '@tally/count-store';
import { Pools } from '../postgres/pools.js';
import { ShardGuard } from '../shard-map/shard-guard.js';

const STATUS_SQL = `
SELECT ${IDENTITY_COLUMNS},
       split_part(current_setting('server_version'), ' ', 1) AS "serverVersion",
       pg_is_in_recovery() AS "inRecovery"`;

@Controller()
export class ShardStatusController {
  constructor(
    @Inject(ShardGuard) private readonly guard: ShardGuard,
    @Inject(Pools) private readonly pools: Pools,
  ) {}

  @GrpcMethod('ShardProxyService', 'GetShardStatus')
  async getShardStatus(): Promise<shardProxy.GetShardStatusResponse> {
    type Row = Omit<shardProxy.GetShardStatusResponse, 'shard'>;
    const { shard } = this.guard;
    try {
      const { rows } = await this.pools.read.query<Row>(STATUS_SQL);
      const [row] = rows;
      if (row === undefined) throw new Error('Postgres answered without a row');
      return { shard, ...row };
    } catch (cause) {
      throw new TallyError('unavailable', `the Postgres of shard ${shard} does not answer`, {
        cause,
      });
    }
  }
}
