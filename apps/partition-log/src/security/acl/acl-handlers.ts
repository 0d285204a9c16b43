import { KAFKA_ERRORS, type AclFilter, type KafkaError } from '@tally/kafka-wire';
import type { Handler } from '../../server/request-router.js';
import type { AclFile } from './acl-file.js';
import { toldRights } from './told-rights.js';

const NO_RIGHTS =
  'who may ask may do everything: expected a file of rights named by TALLY_KAFKA_ACL_FILE, there is none';

/** Tells what the file says; without one rights are off, as they are in Kafka without an authorizer. */
export function describeAclsHandler(file: AclFile | undefined): Handler<'describeAcls'> {
  return (filter) => {
    if (file === undefined) return refused('SECURITY_DISABLED', NO_RIGHTS);
    const unknown = unknownNumber(filter);
    if (unknown !== undefined) return refused('INVALID_REQUEST', unknown);
    const resources = toldRights(file.rights, filter);
    return { errorCode: KAFKA_ERRORS.NONE, errorMessage: null, resources };
  };
}

/** Rights are made in the file alone, and the answer says in which. */
export function createAclsHandler(file: AclFile | undefined): Handler<'createAcls'> {
  return ({ creations }) => ({ results: creations.map(unchanged(file)) });
}

/** As for createAclsHandler. */
export function deleteAclsHandler(file: AclFile | undefined): Handler<'deleteAcls'> {
  const outcome = unchanged(file);
  return ({ filters }) => ({
    results: filters.map((filter, index) => ({ ...outcome(filter, index), matching: [] })),
  });
}

/** The sentence is said once: an answer must not be many times its request. */
function unchanged(file: AclFile | undefined) {
  const [error, message]: [KafkaError, string] =
    file === undefined
      ? ['SECURITY_DISABLED', NO_RIGHTS]
      : [
          'POLICY_VIOLATION',
          `rights are the lines of the file ${file.path} on the node: expected a change of that file, got a request; replace it as a whole, and it holds a second later`,
        ];
  return (_: unknown, index: number) => ({
    errorCode: KAFKA_ERRORS[error],
    errorMessage: index === 0 ? message : null,
  });
}

function refused(error: KafkaError, errorMessage: string) {
  return { errorCode: KAFKA_ERRORS[error], errorMessage, resources: [] };
}

/** A number that newer clients know and this node does not matches nothing; those of none are a mistake. */
function unknownNumber(filter: AclFilter): string | undefined {
  const names = ['type', 'pattern', 'operation', 'permission'] as const;
  const wrong = names.find((name) => filter[name] <= 0);
  return wrong && `expected as ${wrong} of a filter a number from 1 (any) on, got ${filter[wrong]}`;
}
