/** What may be done to something, under Kafka's names. */
const OPERATIONS = {
  topic: [
    ...['read', 'write', 'create', 'delete', 'alter', 'describe'],
    ...['describe-configs', 'alter-configs'],
  ],
  group: ['read', 'delete', 'describe'],
  cluster: [
    ...['create', 'alter', 'describe', 'describe-configs', 'alter-configs'],
    ...['cluster-action', 'idempotent-write'],
  ],
} as const;

export type ResourceType = 'topic' | 'group' | 'cluster';
export type Operation =
  | ('read' | 'write' | 'create' | 'delete' | 'alter' | 'describe')
  | ('describe-configs' | 'alter-configs' | 'cluster-action' | 'idempotent-write');

/** A line of the file. One without a name is one of the cluster. */
export interface AclRule {
  readonly user: string;
  readonly operations: readonly (Operation | typeof ALL)[];
  readonly type: ResourceType;
  readonly pattern: 'literal' | 'prefixed';
  readonly name: string;
}

/** Who may do something may see it too; as in Kafka. */
const IMPLIES: Readonly<Partial<Record<string, readonly string[]>>> = {
  read: ['describe'],
  write: ['describe'],
  delete: ['describe'],
  alter: ['describe'],
  'alter-configs': ['describe-configs'],
};
/** All operations that there are on a kind of thing. */
const ALL = 'all';
/** Every user, every topic, every group, and wherever one comes from. */
export const ANYTHING = '*';
export const PRINCIPAL = 'User:';

/** What one user may do. */
export interface Rights {
  may(operation: Operation, type: ResourceType, name?: string): boolean;
  /** Whether there is anything of a kind to which it may be done. */
  mayAny(operation: Operation, type: ResourceType): boolean;
}

interface Names {
  readonly literal: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/** Made once for a user and a file, so that a question is a look into a set. */
class RulesOfUser implements Rights {
  private readonly names: ReadonlyMap<string, Names>;

  constructor(rules: readonly AclRule[]) {
    const names = new Map<string, { literal: Set<string>; prefixes: string[] }>();
    for (const { operations, type, pattern, name } of rules) {
      const own = operations.flatMap((operation) =>
        operation === ALL ? OPERATIONS[type] : [operation],
      );
      const implied = own.flatMap((operation) => IMPLIES[operation] ?? []);
      for (const operation of new Set<string>([...own, ...implied])) {
        const key = `${operation} ${type}`;
        const known = names.get(key) ?? { literal: new Set<string>(), prefixes: [] };
        names.set(key, known);
        if (pattern === 'prefixed') known.prefixes.push(name);
        else if (name === ANYTHING) known.prefixes.push('');
        else known.literal.add(name);
      }
    }
    this.names = names;
  }

  may(operation: Operation, type: ResourceType, name = ''): boolean {
    const found = this.names.get(`${operation} ${type}`);
    if (found === undefined) return false;
    return found.literal.has(name) || found.prefixes.some((prefix) => name.startsWith(prefix));
  }

  mayAny(operation: Operation, type: ResourceType): boolean {
    return this.names.has(`${operation} ${type}`);
  }
}

/** The rules of a file. What no rule allows is refused. */
export class AclRules {
  private readonly rights = new Map<string, Rights>();

  constructor(readonly rules: readonly AclRule[]) {}

  of(user: string): Rights {
    const known = this.rights.get(user);
    if (known !== undefined) return known;
    const own = this.rules.filter((rule) => rule.user === user || rule.user === ANYTHING);
    const rights = new RulesOfUser(own);
    // Users are those of a file, so there are not many.
    this.rights.set(user, rights);
    return rights;
  }
}

/**
 * A file of rules. A line per rule, fields separated by white space; empty lines and those that begin with #
 * say nothing:
 *
 *   User:name  operation,operation  topic|group  literal|prefixed  name
 *   User:name  operation,operation  cluster
 *
 * `User:*` is every user, `all` every operation, `literal *` every topic or group. Throws with the number of the
 * first line that is something else, and where there is no rule or no end of the last line: then the file is
 * being written.
 */
export function parseAclRules(text: string): AclRules {
  if (!text.endsWith('\n')) throw new Error('expected a line end at the end of the file');
  const rules = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const parsed = parseLine(line.trim().split(/\s+/));
    if (typeof parsed === 'string') throw new Error(`line ${index + 1}: ${parsed}`);
    return [parsed];
  });
  if (rules.length === 0) throw new Error('expected a rule, got none: nobody could do anything');
  return new AclRules(rules);
}

function parseLine([principal = '', listed = '', type = '', ...rest]: readonly string[]) {
  if (!principal.startsWith(PRINCIPAL) || principal === PRINCIPAL) {
    return `expected ${PRINCIPAL} and a name, got ${principal}`;
  }
  if (type !== 'topic' && type !== 'group' && type !== 'cluster') {
    return `expected topic, group or cluster, got ${type}`;
  }
  const possible: readonly Operation[] = OPERATIONS[type];
  const operations: (Operation | typeof ALL)[] = [];
  for (const word of listed === ALL ? [] : listed.split(',')) {
    const operation = possible.find((known) => known === word);
    if (operation === undefined)
      return `expected ${possible.join(', ')} or all of a ${type}, got ${word}`;
    operations.push(operation);
  }
  if (listed === ALL) operations.push(ALL);
  const [pattern = '', name = '', ...more] =
    type === 'cluster' ? ['literal', ANYTHING, ...rest] : rest;
  if (pattern !== 'literal' && pattern !== 'prefixed') {
    return `expected literal or prefixed, got ${pattern}`;
  }
  if (name === '' || more.length > 0) return `expected one name, got ${[name, ...more].join(' ')}`;
  const user = principal.slice(PRINCIPAL.length);
  const rule: AclRule = { user, operations, type, pattern, name };
  return rule;
}
