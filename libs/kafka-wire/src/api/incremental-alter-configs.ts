import { alterConfigs, type AlterConfigsResponse } from './alter-configs.js';
import type { SpokenApi } from './api.js';
import type { ConfigResource } from './configs.js';

/** What happens to one setting; the last two are for settings that are lists. */
export const CONFIG_OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** What happens to one setting. */
export interface ConfigChange {
  readonly name: string;
  /** See CONFIG_OPERATION. */
  readonly operation: number;
  readonly value: string | null;
}

/** Changes of single settings, by resource. */
export interface IncrementalAlterConfigsRequest {
  /** What is left out stays as it is. */
  readonly resources: readonly (ConfigResource & { readonly configs: readonly ConfigChange[] })[];
  readonly validateOnly: boolean;
}

/** Changes single settings of topics (KIP-339). */
export const incrementalAlterConfigs: SpokenApi<
  IncrementalAlterConfigsRequest,
  AlterConfigsResponse
> = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  min: 0,
  max: 0,
  readRequest(reader) {
    const resources = reader.array(() => ({
      type: reader.int8(),
      name: reader.string(),
      configs: reader.array(() => ({
        name: reader.string(),
        operation: reader.int8(),
        value: reader.nullableString(),
      })),
    }));
    return { resources, validateOnly: reader.boolean() };
  },
  writeResponse: alterConfigs.writeResponse,
  writeRequest(writer, { resources, validateOnly }) {
    writer.array(resources, ({ type, name, configs }) => {
      writer
        .int8(type)
        .string(name)
        .array(configs, (change) => {
          writer.string(change.name).int8(change.operation).nullableString(change.value);
        });
    });
    writer.boolean(validateOnly);
  },
  readResponse: alterConfigs.readResponse,
};
