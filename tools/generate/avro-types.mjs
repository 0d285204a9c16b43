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

/** @returns {string} the declarations of all records of `schema` and the schema itself as a constant */
export function avroTypes(schema, source) {
  const declarations = [];
  typeOf(schema, declarations);
  return [
    `// Generated from ${source} by tools/generate. Do not edit.`,
    ...declarations,
    `/** The Avro schema (Avro 1.12), for readers and writers. */\n` +
      `export const ${constantName(schema.name)}_SCHEMA = ${JSON.stringify(schema, null, 2)} as const;`,
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
