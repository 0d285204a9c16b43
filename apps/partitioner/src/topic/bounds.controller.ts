import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { partitioner } from '@tally/contracts';
import { CurrentTopic } from './current-topic.js';

@Controller()
export class BoundsController {
  constructor(@Inject(CurrentTopic) private readonly topic: CurrentTopic) {}

  @GrpcMethod('PartitionerService', 'GetBounds')
  async getBounds(): Promise<partitioner.GetBoundsResponse> {
    const topic = this.topic.get().name;
    const bounds = [...(await this.topic.bounds())].sort(([one], [other]) => one - other);
    const partitions = bounds.map(([partition, { low, high }]) => ({
      partition,
      low: String(low),
      high: String(high),
    }));
    return { topic, partitions };
  }
}
