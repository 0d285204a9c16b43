import { join } from 'node:path';
import ts from 'typescript';
import { KINDS } from './objects.js';

/** The tree that has kubernetes-types in its node_modules. */
const ROOT = join(import.meta.dirname, '../../..');
const FILE = join(ROOT, 'manifests.generated.ts');
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  lib: ['lib.es5.d.ts'],
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
};

/** Libraries are parsed once, however often is checked. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * Unknown fields, wrong types and missing required fields: the objects are written as typed literals
 * and the compiler says what does not fit the types that are generated from Kubernetes' OpenAPI.
 */
export function checkSchema(objects: readonly unknown[]): readonly string[] {
  const unknownKinds: string[] = [];
  const lines: string[] = [];
  const titles: string[] = [];
  for (const object of objects) {
    const title = identify(object);
    const [group, kind] = [KINDS[title.type as keyof typeof KINDS], title.type.split(' ')[1]];
    if (group === undefined || title.name === undefined) {
      unknownKinds.push(`${title.type} ${title.name}: expected a name and one of the known kinds`);
      continue;
    }
    titles.push(`${kind}/${title.name}`);
    lines.push(
      `export const object${titles.length}: import('kubernetes-types/${group}').${kind} = ${JSON.stringify(object)};`,
    );
  }
  const program = compile(lines.join('\n'));
  const file = program.getSourceFile(FILE);
  return [
    ...unknownKinds,
    ...[...program.getOptionsDiagnostics(), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText, start }) => {
        const message = ts.flattenDiagnosticMessageText(messageText, '; ');
        if (file === undefined || start === undefined) return message;
        const title = titles[file.getLineAndCharacterOfPosition(start).line];
        return `${title}: ${pathAt(file, start)}: ${message}`;
      },
    ),
  ];
}

function identify(object: unknown): { readonly type: string; readonly name: string | undefined } {
  const { apiVersion, kind, metadata } = (object ?? {}) as Record<string, unknown>;
  const { name } = (metadata ?? {}) as Record<string, unknown>;
  return {
    type: `${String(apiVersion)} ${String(kind)}`,
    name: typeof name === 'string' ? name : undefined,
  };
}

function compile(text: string): ts.Program {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === FILE || fileExists(name);
  host.getSourceFile = (name, target) => {
    if (name === FILE) return ts.createSourceFile(name, text, target, true);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, target));
    return parsed.get(name);
  };
  return ts.createProgram([FILE], OPTIONS, host);
}

/** Where in the object a problem is: `spec.template.spec.containers[0].ports`. */
function pathAt(file: ts.SourceFile, position: number): string {
  const steps: string[] = [];
  const descend = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) steps.push(`.${node.name.getText(file).slice(1, -1)}`);
    if (ts.isArrayLiteralExpression(node.parent))
      steps.push(`[${node.parent.elements.findIndex((element) => element === node)}]`);
    const child = node
      .getChildren(file)
      .flatMap((inner) =>
        inner.kind === ts.SyntaxKind.SyntaxList ? inner.getChildren(file) : inner,
      )
      .find((inner) => inner.getStart(file) <= position && position < inner.getEnd());
    if (child !== undefined) descend(child);
  };
  for (const statement of file.statements)
    if (statement.pos <= position && position < statement.end) descend(statement);
  return steps.join('').slice(1) || 'the object';
}
