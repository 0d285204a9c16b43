// Generated from avro/event.*.avsc by tools/generate. Do not edit.

/** The exact number unscaled / 10^scale. Both parts fit a double: |unscaled| < 10^15. */
export interface Decimal {
  /** At most 15 significant digits. */
  readonly unscaled: number;
  /** Decimals, 0 to 6. */
  readonly scale: number;
}

/** One thing that happened, as it lies in the log. */
export interface Event {
  /** Tenant that the event belongs to. */
  readonly project: string;
  /** 1-128 bytes of UTF-8; (project, id) identifies the event. */
  readonly id: string;
  /** Event type, for example view. */
  readonly type: string;
  /** What is counted; 1-512 bytes of UTF-8. */
  readonly subject: string;
  /** When it happened: milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  /** The number that sum, avg, min and max are made of; null when the event has none. */
  readonly value: null | Decimal;
  /** Up to 32 names; declared dimensions are taken from here. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Whether the event came without a time and got that of its arrival; a copy has another. */
  readonly timeAssigned: boolean;
}

/** Every Avro schema (Avro 1.12) that was ever written, by id; the types above are of the newest. */
export const EVENT_SCHEMAS: ReadonlyMap<number, object> = new Map<number, object>([[1, {
  "type": "record",
  "namespace": "tally.event.v1",
  "name": "Event",
  "doc": "One thing that happened, as it lies in the log.",
  "fields": [
    {
      "name": "project",
      "type": "string",
      "doc": "Tenant that the event belongs to."
    },
    {
      "name": "id",
      "type": "string",
      "doc": "1-128 bytes of UTF-8; (project, id) identifies the event."
    },
    {
      "name": "type",
      "type": "string",
      "doc": "Event type, for example view."
    },
    {
      "name": "subject",
      "type": "string",
      "doc": "What is counted; 1-512 bytes of UTF-8."
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened: milliseconds since 1970-01-01T00:00:00Z."
    },
    {
      "name": "value",
      "type": [
        "null",
        {
          "type": "record",
          "name": "Decimal",
          "doc": "The exact number unscaled / 10^scale. Both parts fit a double: |unscaled| < 10^15.",
          "fields": [
            {
              "name": "unscaled",
              "type": "long",
              "doc": "At most 15 significant digits."
            },
            {
              "name": "scale",
              "type": "int",
              "doc": "Decimals, 0 to 6."
            }
          ]
        }
      ],
      "default": null,
      "doc": "The number that sum, avg, min and max are made of; null when the event has none."
    },
    {
      "name": "attributes",
      "type": {
        "type": "map",
        "values": [
          "string",
          "double",
          "boolean"
        ]
      },
      "default": {},
      "doc": "Up to 32 names; declared dimensions are taken from here."
    }
  ]
}], [2, {
  "type": "record",
  "namespace": "tally.event.v1",
  "name": "Event",
  "doc": "One thing that happened, as it lies in the log.",
  "fields": [
    {
      "name": "project",
      "type": "string",
      "doc": "Tenant that the event belongs to."
    },
    {
      "name": "id",
      "type": "string",
      "doc": "1-128 bytes of UTF-8; (project, id) identifies the event."
    },
    {
      "name": "type",
      "type": "string",
      "doc": "Event type, for example view."
    },
    {
      "name": "subject",
      "type": "string",
      "doc": "What is counted; 1-512 bytes of UTF-8."
    },
    {
      "name": "time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "doc": "When it happened: milliseconds since 1970-01-01T00:00:00Z."
    },
    {
      "name": "value",
      "type": [
        "null",
        {
          "type": "record",
          "name": "Decimal",
          "doc": "The exact number unscaled / 10^scale. Both parts fit a double: |unscaled| < 10^15.",
          "fields": [
            {
              "name": "unscaled",
              "type": "long",
              "doc": "At most 15 significant digits."
            },
            {
              "name": "scale",
              "type": "int",
              "doc": "Decimals, 0 to 6."
            }
          ]
        }
      ],
      "default": null,
      "doc": "The number that sum, avg, min and max are made of; null when the event has none."
    },
    {
      "name": "attributes",
      "type": {
        "type": "map",
        "values": [
          "string",
          "double",
          "boolean"
        ]
      },
      "default": {},
      "doc": "Up to 32 names; declared dimensions are taken from here."
    },
    {
      "name": "timeAssigned",
      "type": "boolean",
      "default": false,
      "doc": "Whether the event came without a time and got that of its arrival; a copy has another."
    }
  ]
}]]);

