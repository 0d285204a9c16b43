import { NO_THROTTLE, type SpokenApi } from './api.js';
import { CONFIG_SOURCE, type ConfigResource } from './configs.js';

/** Of which resources, and which of their settings. */
export interface DescribeConfigsRequest {
  readonly resources: readonly (ConfigResource & {
    /** null: all. */
    readonly names: readonly string[] | null;
  })[];
  /** From version 1 on: every place that has a value, the one that holds first. */
  readonly withSynonyms: boolean;
  /** From version 3 on: what each setting does. */
  readonly withDocumentation: boolean;
}

/** A value of a setting, and where it is from. */
export interface ConfigValue {
  /** A setting of a topic may have another name on the broker. */
  readonly name: string;
  readonly value: string;
  /** See CONFIG_SOURCE. */
  readonly source: number;
}

/** A setting as it is told. */
export interface ToldConfig extends ConfigValue {
  readonly readOnly: boolean;
  readonly synonyms: readonly ConfigValue[];
  /** See CONFIG_TYPE; 0 before version 3. */
  readonly type: number;
  /** null: not asked for. */
  readonly documentation: string | null;
}

/** The settings of a resource, or why they cannot be told. */
export interface DescribedResource extends ConfigResource {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly configs: readonly ToldConfig[];
}

/** In the order of the request. */
export interface DescribeConfigsResponse {
  readonly resources: readonly DescribedResource[];
}

/** Tells the settings of topics and brokers, and where each comes from. */
export const describeConfigs: SpokenApi<DescribeConfigsRequest, DescribeConfigsResponse> = {
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
    const withSynonyms = version >= 1 && reader.boolean();
    return { resources, withSynonyms, withDocumentation: version >= 3 && reader.boolean() };
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
        if (version >= 1)
          writer.array(config.synonyms, (synonym) =>
            writer.string(synonym.name).nullableString(synonym.value).int8(synonym.source),
          );
        if (version >= 3) writer.int8(config.type).nullableString(config.documentation);
      });
    });
  },
  writeRequest(writer, { resources, withSynonyms, withDocumentation }, version) {
    writer.array(resources, ({ type, name, names }) => {
      writer.int8(type).string(name);
      if (names === null) writer.int32(-1);
      else writer.array(names, (one) => writer.string(one));
    });
    if (version >= 1) writer.boolean(withSynonyms);
    if (version >= 3) writer.boolean(withDocumentation);
  },
  readResponse(reader, version) {
    reader.int32(); // throttle
    const readSynonym = () => ({
      name: reader.string(),
      value: reader.nullableString() ?? '',
      source: reader.int8(),
    });
    const readConfig = () => {
      const [name, value, readOnly] = [
        reader.string(),
        reader.nullableString() ?? '',
        reader.boolean(),
      ];
      const told = version === 0 ? sourceOf(reader.boolean()) : reader.int8();
      reader.boolean(); // sensitive
      const synonyms = version >= 1 ? reader.array(readSynonym) : [];
      const type = version >= 3 ? reader.int8() : 0;
      const documentation = version >= 3 ? reader.nullableString() : null;
      return { name, value, readOnly, source: told, synonyms, type, documentation };
    };
    return {
      resources: reader.array(() => ({
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
        type: reader.int8(),
        name: reader.string(),
        configs: reader.array(readConfig),
      })),
    };
  },
};

/** Before version 1 no more is told. */
function sourceOf(isDefault: boolean): number {
  return isDefault ? CONFIG_SOURCE.default : CONFIG_SOURCE.topic;
}
