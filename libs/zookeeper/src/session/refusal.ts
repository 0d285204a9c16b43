import { TallyError } from '@tally/contracts';
import { RC } from './native-client.js';

/** Of an answer that nobody expects, or of a node that is closed to this process. */
export function failure(what: string, rc: number): TallyError {
  const reason = rc === RC.noAuth ? NOT_FOR_US : `ZooKeeper answered with code ${rc}`;
  return new TallyError('unavailable', `${what}: ${reason}`, { logLevel: 'error' });
}

const NOT_FOR_US =
  'ZooKeeper refuses it, the node is closed to others; TALLY_ZOOKEEPER_AUTH_FILE has to name the file with the user:password of this installation';
