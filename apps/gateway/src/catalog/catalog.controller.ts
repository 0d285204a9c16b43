import { Controller, Delete, Get, Inject, Param, Put, Req, Res } from '@nestjs/common';
import {
  catalogKey,
  decodeCatalogFields,
  encodeCatalogFields,
  isSubject,
  MAX_SUBJECT_BYTES,
  type CatalogFields,
  type deadLetterReplayer,
  type partitioner,
  TallyError,
} from '@tally/contracts';
import type { ServiceClient } from '@tally/discovery';
import type { Logger } from '@tally/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { askService } from '../http/ask-service.js';
import { parseJsonDocument } from '../http/json-document.js';
import { mediaTypeOf } from '../http/media-type.js';
import { readQuery } from '../http/query-parameters.js';
import { PROJECT } from '../project.js';
import { readEntry } from './catalog-document.js';
import type { KnownCatalog } from './known-catalog.js';

/** What the catalogue controller is made of. */
export const CATALOG_PARTS = Symbol('parts of the catalogue controller');

export interface CatalogParts {
  readonly partitioner: ServiceClient;
  readonly replayer: ServiceClient;
  /** Of an append. */
  readonly timeoutMs: number;
  readonly readTimeoutMs: number;
  readonly known: KnownCatalog;
  readonly logger: Pick<Logger, 'error'>;
}

/** What is known of subjects, for dimensions whose values events do not bring. */
@Controller('v1/catalog')
export class CatalogController {
  constructor(@Inject(CATALOG_PARTS) private readonly parts: CatalogParts) {}

  @Get(':subject')
  async get(
    @Req() request: FastifyRequest,
    @Param('subject') subject: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertAsked(request, subject);
    const { replayer: client, readTimeoutMs: timeoutMs, logger } = this.parts;
    const { value, position } = await askService<deadLetterReplayer.CatalogEntry>({
      client,
      method: 'GetCatalogEntry',
      request: { project: PROJECT, subject },
      timeoutMs,
      logger,
      unavailable: 'Entries of the catalogue cannot be read at the moment.',
      failed: 'reading an entry of the catalogue was refused',
      expected: ['not_found'],
    });
    const fields = decodeCatalogFields(value);
    reply.status(200).send({ subject, fields, position: Number(position) });
  }

  @Put(':subject')
  async put(
    @Req() request: FastifyRequest,
    @Param('subject') subject: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertAsked(request, subject);
    mediaTypeOf(request.headers, ['application/json']);
    const fields = readEntry(parseJsonDocument(request.body));
    const position = await this.append(subject, fields);
    reply.status(200).send({ subject, fields, position });
  }

  @Delete(':subject')
  async delete(
    @Req() request: FastifyRequest,
    @Param('subject') subject: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertAsked(request, subject);
    const position = await this.append(subject, undefined);
    reply.status(200).send({ subject, position });
  }

  /** The position behind the record, which is durable then. */
  private async append(subject: string, fields: CatalogFields | undefined): Promise<number> {
    const { partitioner: client, timeoutMs, logger, known } = this.parts;
    const key = catalogKey(PROJECT, subject);
    const request: partitioner.PutCatalogEntryRequest =
      fields === undefined ? { key } : { key, value: encodeCatalogFields(fields) };
    const { position } = await askService<partitioner.PutCatalogEntryResponse>({
      client,
      method: 'PutCatalogEntry',
      request,
      timeoutMs,
      logger,
      unavailable: 'The log did not confirm: the entry may be in force or not. Send it again.',
      failed: 'an entry of the catalogue was refused',
    });
    known.learn(BigInt(position));
    return Number(position);
  }
}

/** About one subject, and nothing else. */
function assertAsked({ url }: FastifyRequest, subject: string): void {
  readQuery(url, []);
  if (!isSubject(subject))
    throw new TallyError(
      'invalid_argument',
      `expected a subject of 1 to ${MAX_SUBJECT_BYTES} bytes of UTF-8 without NUL, percent-encoded`,
    );
}
