import { encodeRequest, metadata, writeRequest, type Api } from '@tally/kafka-wire';
import { KafkaConnection } from '@tally/testing/kafka-connection';
import type { Endpoint } from './attack.js';

/** Another address than the services have: the log gives each address a share of what there is. */
export const HOSTILE_ADDRESS = '127.66.0.1';

/** The port that is attacked; which attacks need one is checked before. */
export function logOf({ log }: { readonly log: Endpoint | undefined }): Endpoint {
  if (log === undefined) throw new Error('nobody said where the log is');
  return log;
}

/** A whole request that asks for something about names and nothing else. */
export function requestOfNames(
  { key, max }: Pick<Api<unknown, unknown>, 'key' | 'max'>,
  names: readonly string[],
  more?: 'timeout',
): Buffer[] {
  const header = { apiKey: key, apiVersion: max, correlationId: 0, clientId: 'hostile' };
  return writeRequest(header, (writer) => {
    writer.array(names, (name) => writer.string(name));
    if (more === 'timeout') writer.int32(30_000);
  });
}

/** Topics with how many partitions they have. */
export async function topicsOf({ port }: Endpoint): Promise<Map<string, number>> {
  const connection = await KafkaConnection.open(port);
  try {
    const { topics } = await connection.ask(metadata, { topics: null });
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  } finally {
    connection.close();
  }
}

/** A request that a client begins with. */
export const FIRST_REQUEST = Buffer.concat(encodeRequest(metadata, { topics: null }));
