import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * JSON schemas (2020-12, as OpenAPI 3.1 has them) of zod schemas by name; one that has a name is
 * referred to wherever others use it.
 */
export function jsonSchemasOf(
  named: Readonly<Record<string, z.ZodType>>,
): Readonly<Record<string, object>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    // What callers send may lack what has a default.
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => {
      withoutSafeBounds(jsonSchema);
      withTypeList(jsonSchema);
    },
  });
  // The document around them says which JSON Schema it is, and where they lie in it.
  for (const schema of Object.values(schemas)) {
    delete schema.$schema;
    delete schema.$id;
  }
  return schemas;
}

/** Every whole number of zod is one that a double holds: that goes without saying in JSON. */
function withoutSafeBounds(schema: JsonSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

/** A choice between types is one list of types: each keyword holds for one type alone. */
function withTypeList(schema: JsonSchema): void {
  const { anyOf } = schema;
  const types = anyOf?.map((choice) => choice.type);
  if (anyOf === undefined || !types?.every((type) => type !== undefined)) return;
  delete schema.anyOf;
  Object.assign(schema, ...anyOf, schema, { type: types });
}
