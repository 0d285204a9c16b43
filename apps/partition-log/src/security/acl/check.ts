import type { Operation, ResourceType, Rights } from './acl-rules.js';

/** What was refused. */
export interface Refusal {
  readonly operation: Operation;
  readonly type: ResourceType;
  /** '' for the cluster. */
  readonly name: string;
}

/** The rights of one user, who is refused something with a word to the operator. */
export class Check {
  constructor(
    private readonly rights: Rights,
    private readonly onRefused: (refusal: Refusal) => void,
  ) {}

  /** For what is left out of an answer without a word. */
  may(operation: Operation, type: ResourceType, name?: string): boolean {
    return this.rights.may(operation, type, name);
  }

  mayAny(operation: Operation, type: ResourceType): boolean {
    return this.rights.mayAny(operation, type);
  }

  /** For what is refused in the answer. */
  demand(operation: Operation, type: ResourceType, name = ''): boolean {
    const isAllowed = this.rights.may(operation, type, name);
    if (!isAllowed) this.onRefused({ operation, type, name });
    return isAllowed;
  }
}
