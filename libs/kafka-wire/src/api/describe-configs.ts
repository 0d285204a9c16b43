import { NO_THROTTLE, type Api } from './api.js';
import { CONFIG_SOURCE, type ConfigResource } from './configs.js';

/** Of which resources, and which of their settings. */
export interface DescribeConfigsRequest {
  readonly resources: readonly (ConfigResource & {
    /** null: all. */
    readonly names: readonly string[] | null;
  })[];
}

/** The settings of a resource, or why they cannot be told. */
export interface DescribedResource extends ConfigResource {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly configs: readonly {
    readonly name: string;
    readonly value: string;
    readonly readOnly: boolean;
    /** See CONFIG_SOURCE. */
    readonly source: number;
  }[];
}

/** In the order of the request. */
export interface DescribeConfigsResponse {
  readonly resources: readonly DescribedResource[];
}

/** Tells the settings of topics and brokers, and where each comes from. */
export const describeConfigs: Api<DescribeConfigsRequest, DescribeConfigsResponse> = {
  key: 32,
  name: 'DescribeConfigs',
  min: 0,
  max: 3,
  readRequest(reader, version) {
    const resources = reader.array(() => ({
      type: reader.int8(),
      name: reader.string(),
      names: reader.nullableArray(() => reader.string()),
    }));
    if (version >= 1) reader.boolean(); // synonyms: there are none
    if (version >= 3) reader.boolean(); // documentation
    return { resources };
  },
  writeResponse(writer, { resources }, version) {
    writer.int32(NO_THROTTLE);
    writer.array(resources, ({ errorCode, errorMessage, type, name, configs }) => {
      writer.int16(errorCode).nullableString(errorMessage).int8(type).string(name);
      writer.array(configs, (config) => {
        writer.string(config.name).nullableString(config.value).boolean(config.readOnly);
        if (version === 0) writer.boolean(config.source === CONFIG_SOURCE.default);
        else writer.int8(config.source);
        writer.boolean(false); // sensitive
        if (version >= 1) writer.int32(0); // synonyms
        if (version >= 3) writer.int8(0).nullableString(null); // type unknown, no documentation
      });
    });
  },
};
