import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { type clusterProxy, HOUR_MS, TallyError } from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { Logger } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askService } from '../http/ask-service.js';
import { SlicedAnswers } from '../http/sliced-answer.js';
import { ledgerPieces, readLedgerQuestion } from './ledger-document.js';

/** What the ledger controller is made of. */
export const LEDGER_PARTS = Symbol('parts of the ledger controller');

export interface LedgerParts {
  readonly query: ServiceClient;
  readonly timeoutMs: number;
  readonly logger: Pick<Logger, 'error'>;
  now(): number;
}

/** What became of every event of the log: which were counted, and why others were not. */
@Controller('v1/admin/ledger')
export class LedgerController {
  constructor(
    @Inject(LEDGER_PARTS) private readonly parts: LedgerParts,
    @Inject(SlicedAnswers) private readonly answers: SlicedAnswers,
  ) {}

  @Get()
  async read(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { query, timeoutMs, logger, now } = this.parts;
    const question = readLedgerQuestion(request.url, now());
    const { shards } = await askService<clusterProxy.LedgerResponse>({
      client: query,
      method: 'ReadLedger',
      request: {
        fromHour: question.fromMs / HOUR_MS,
        toHour: question.toMs / HOUR_MS,
        partition: question.partition,
      },
      timeoutMs,
      logger,
      unavailable: 'the shards cannot be asked now',
      failed: 'the ledger cannot be asked for',
      instead: 'ask for fewer hours (from, to) or for one partition',
    });
    if (shards.every(({ ledger }) => ledger === undefined))
      throw new TallyError('unavailable', 'no shard answers now');
    this.answers.send(reply, ledgerPieces(question, shards));
  }
}
