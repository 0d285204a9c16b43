import { CHANGE_TIMEOUT_MS, NO_THROTTLE, type SpokenApi } from './api.js';

/** Who wants an id. */
export interface InitProducerIdRequest {
  /** null from a producer that is idempotent and not transactional. */
  readonly transactionalId: string | null;
}

/** An id that nobody else has, with its first epoch. */
export interface InitProducerIdResponse {
  readonly errorCode: number;
  /** -1 with an error. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** Gives an idempotent producer its id. */
export const initProducerId: SpokenApi<InitProducerIdRequest, InitProducerIdResponse> = {
  key: 22,
  name: 'InitProducerId',
  min: 0,
  max: 1,
  readRequest(reader) {
    const transactionalId = reader.nullableString();
    reader.int32(); // timeout of transactions
    return { transactionalId };
  },
  writeResponse(writer, { errorCode, producerId, producerEpoch }) {
    writer.int32(NO_THROTTLE).int16(errorCode).int64(producerId).int16(producerEpoch);
  },
  writeRequest(writer, { transactionalId }) {
    writer.nullableString(transactionalId).int32(CHANGE_TIMEOUT_MS);
  },
  readResponse(reader) {
    reader.int32(); // throttle
    return {
      errorCode: reader.int16(),
      producerId: reader.int64(),
      producerEpoch: reader.int16(),
    };
  },
};
