import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import {
  encodeCatalogFields,
  SECOND_MS,
  TallyError,
  type deadLetterReplayer,
} from '@tally/contracts';
import { Replayer } from '../delivery/replayer.js';

/** Where the copy is read anew as a whole it takes longer: then the answer is that it is not there yet. */
const READ_WITHIN_MS = 3 * SECOND_MS;

/** The catalogue for people: every instance has a copy of it for the events that it counts. */
@Controller()
export class CatalogController {
  constructor(@Inject(Replayer) private readonly replayer: Replayer) {}

  @GrpcMethod('DeadLetterReplayerService', 'GetCatalogEntry')
  async get({
    project,
    subject,
  }: deadLetterReplayer.GetCatalogEntryRequest): Promise<deadLetterReplayer.CatalogEntry> {
    const { catalog } = this.replayer.installed();
    const entry = await catalog.latest(project, subject, AbortSignal.timeout(READ_WITHIN_MS));
    if (entry === undefined) throw new TallyError('not_found', 'nothing is known of this subject');
    return { value: encodeCatalogFields(entry.fields), position: String(entry.position) };
  }
}
