/** What a configuration belongs to; others exist and are refused. */
export const CONFIG_RESOURCE = { topic: 2, broker: 4 } as const;

/** Where a value comes from. */
export const CONFIG_SOURCE = { topic: 1, staticBroker: 4, default: 5 } as const;

/** What kind of value a setting has, as clients are told. */
export const CONFIG_TYPE = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
} as const;

/** What has settings: a topic or a broker. */
export interface ConfigResource {
  /** See CONFIG_RESOURCE. */
  readonly type: number;
  /** Name of the topic, id of the broker. */
  readonly name: string;
}
