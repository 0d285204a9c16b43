// TypeScript types of an Avro schema, as avsc reads and writes them.

const PRIMITIVES = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Buffer',
  string: 'string',
};

/**
 * @param schemas by id, ascending
 * @returns {string} the declarations of all records of the newest schema, and all schemas by id
 */
export function avroTypes(schemas, source) {
  const newest = [...schemas.values()].at(-1);
  const declarations = [];
  typeOf(newest, declarations);
  const entries = [...schemas].map(([id, schema]) => `[${id}, ${JSON.stringify(schema, null, 2)}]`);
  return [
    `// Generated from ${source} by tools/generate. Do not edit.`,
    ...declarations,
    `/** Every Avro schema (Avro 1.12) that was ever written, by id; the types above are of the newest. */\n` +
      `export const ${constantName(newest.name)}_SCHEMAS: ReadonlyMap<number, object> = new Map<number, object>([${entries.join(', ')}]);`,
    '',
  ].join('\n\n');
}

function typeOf(schema, declarations) {
  if (typeof schema === 'string') {
    const type = PRIMITIVES[schema];
    if (type === undefined) throw new Error(`unknown Avro type ${schema}`);
    return type;
  }
  if (Array.isArray(schema)) {
    return schema.map((branch) => typeOf(branch, declarations)).join(' | ');
  }
  switch (schema.type) {
    case 'record':
      declarations.push(record(schema, declarations));
      return schema.name;
    case 'map':
      return `Readonly<Record<string, ${typeOf(schema.values, declarations)}>>`;
    case 'array':
      return `ReadonlyArray<${typeOf(schema.items, declarations)}>`;
    default:
      return typeOf(schema.type, declarations);
  }
}

function record(schema, declarations) {
  const fields = schema.fields.map((field) => {
    const doc = field.doc === undefined ? '' : `  /** ${field.doc} */\n`;
    return `${doc}  readonly ${field.name}: ${typeOf(field.type, declarations)};`;
  });
  const doc = schema.doc === undefined ? '' : `/** ${schema.doc} */\n`;
  return `${doc}export interface ${schema.name} {\n${fields.join('\n')}\n}`;
}

function constantName(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
