import { NO_THROTTLE, type Api } from './api.js';

export interface InitProducerIdRequest {
  /** null from a producer that is idempotent and not transactional. */
  readonly transactionalId: string | null;
}

export interface InitProducerIdResponse {
  readonly errorCode: number;
  /** -1 with an error. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export const initProducerId: Api<InitProducerIdRequest, InitProducerIdResponse> = {
  key: 22,
  name: 'InitProducerId',
  min: 0,
  max: 1,
  read(reader) {
    const transactionalId = reader.nullableString();
    reader.int32(); // timeout of transactions
    return { transactionalId };
  },
  write(writer, { errorCode, producerId, producerEpoch }) {
    writer.int32(NO_THROTTLE).int16(errorCode).int64(producerId).int16(producerEpoch);
  },
};
