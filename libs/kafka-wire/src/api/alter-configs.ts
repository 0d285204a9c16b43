import { NO_THROTTLE, type SpokenApi } from './api.js';
import type { ConfigResource } from './configs.js';

/** All settings of topics or brokers at once. */
export interface AlterConfigsRequest {
  readonly resources: readonly (ConfigResource & {
    /** All overrides that shall hold from now on; what is left out goes back to its default. */
    readonly configs: readonly { readonly name: string; readonly value: string | null }[];
  })[];
  readonly validateOnly: boolean;
}

/** What became of each resource, in the order of the request. */
export interface AlterConfigsResponse {
  readonly resources: readonly (ConfigResource & {
    readonly errorCode: number;
    readonly errorMessage: string | null;
  })[];
}

/** Replaces all overrides of a topic. */
export const alterConfigs: SpokenApi<AlterConfigsRequest, AlterConfigsResponse> = {
  key: 33,
  name: 'AlterConfigs',
  min: 0,
  max: 1,
  readRequest(reader) {
    const resources = reader.array(() => ({
      type: reader.int8(),
      name: reader.string(),
      configs: reader.array(() => ({ name: reader.string(), value: reader.nullableString() })),
    }));
    return { resources, validateOnly: reader.boolean() };
  },
  writeResponse(writer, { resources }) {
    writer.int32(NO_THROTTLE);
    writer.array(resources, ({ errorCode, errorMessage, type, name }) =>
      writer.int16(errorCode).nullableString(errorMessage).int8(type).string(name),
    );
  },
  writeRequest(writer, { resources, validateOnly }) {
    writer.array(resources, ({ type, name, configs }) => {
      writer.int8(type).string(name);
      writer.array(configs, (config) => writer.string(config.name).nullableString(config.value));
    });
    writer.boolean(validateOnly);
  },
  readResponse(reader) {
    reader.int32(); // throttle
    return {
      resources: reader.array(() => ({
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
        type: reader.int8(),
        name: reader.string(),
      })),
    };
  },
};
