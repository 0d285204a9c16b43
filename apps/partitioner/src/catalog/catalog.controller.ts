import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { decodeCatalogChange, type partitioner, TallyError } from '@tally/contracts';
import { CatalogEnd } from './catalog-end.js';
import { CatalogLog } from './catalog-log.js';

@Controller()
export class CatalogController {
  constructor(
    @Inject(CatalogLog) private readonly log: CatalogLog,
    @Inject(CatalogEnd) private readonly end: CatalogEnd,
  ) {}

  @GrpcMethod('PartitionerService', 'PutCatalogEntry')
  async put(
    request: partitioner.PutCatalogEntryRequest,
  ): Promise<partitioner.PutCatalogEntryResponse> {
    const { key, value = null } = request;
    const change = decodeCatalogChange(key, value);
    if (change.kind === 'malformed') throw new TallyError('invalid_argument', change.reason);
    const position = await this.log.append(key, value);
    this.end.reach(position);
    return { position: String(position) };
  }
}
