import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { shardProxy } from '@tally/contracts';
import { TallyError } from '@tally/service-kit';
import pg from 'pg';

export const SHARD = Symbol('shard number');

/** A leader names its timeline in its WAL files; a replica's is that of its last restart point. */
const STATUS_SQL = `
SELECT (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
       END AS "timelineId",
       split_part(current_setting('server_version'), ' ', 1) AS "serverVersion",
       pg_is_in_recovery() AS "inRecovery"`;

@Controller()
export class StatusController {
  constructor(
    @Inject(SHARD) private readonly shard: number,
    @Inject(pg.Pool) private readonly pool: pg.Pool,
  ) {}

  @GrpcMethod('ShardProxyService', 'GetShardStatus')
  async getShardStatus(): Promise<shardProxy.GetShardStatusResponse> {
    type Row = Omit<shardProxy.GetShardStatusResponse, 'shard'>;
    try {
      const { rows } = await this.pool.query<Row>(STATUS_SQL);
      const [row] = rows;
      if (row === undefined) throw new Error('Postgres answered without a row');
      return { shard: this.shard, ...row };
    } catch (cause) {
      throw new TallyError('unavailable', `the Postgres of shard ${this.shard} does not answer`, {
        cause,
      });
    }
  }
}
