import { SASL_MECHANISMS, type SaslMechanism } from '@tally/kafka-wire';
import { TlsFiles, type Logger } from '@tally/service-kit';
import type { PartitionLogConfig } from '../config.js';
import { PortTls } from './port-tls.js';
import { OPEN, SaslAuthentication, type Authentication } from './authentication.js';
import { AclFile } from './acl/acl-file.js';
import { AddressLimit } from '../server/address-limit.js';
import { Users } from './users.js';

export interface Security {
  /** undefined: connections are not encrypted. */
  readonly tls: PortTls | undefined;
  readonly hasSasl: boolean;
  readonly authenticationOf: (clientHost: string) => Authentication;
  /** undefined: who has authenticated may do everything. */
  readonly acl: AclFile | undefined;
}

/** What the settings ask for, and what services show each other. Throws where a file that they name cannot be used. */
export async function openSecurity(
  config: PartitionLogConfig,
  logger: Logger,
  onFailure: () => void,
  service: TlsFiles | undefined,
): Promise<Security> {
  const {
    kafkaTlsCertFile: certFile,
    kafkaTlsKeyFile: keyFile,
    saslFile,
    aclFile,
    maxLoginFailures,
    saslSessionMs: sessionMs,
  } = config;
  const port =
    certFile === '' && keyFile === ''
      ? undefined
      : await TlsFiles.open({ certFile, keyFile }, logger);
  const hasSasl = saslFile !== '';
  const tls = PortTls.of({ service, port, hasSasl });
  if (!hasSasl) {
    if (aclFile !== '') {
      throw new Error(
        'TALLY_KAFKA_ACL_FILE needs TALLY_KAFKA_SASL_FILE: rights are those of users',
      );
    }
    return { tls, hasSasl, authenticationOf: () => OPEN, acl: undefined };
  }
  const mechanisms = parseMechanisms(config.saslMechanisms);
  if (mechanisms.includes('PLAIN') && tls === undefined) {
    throw new Error('PLAIN sends passwords as they are: it needs TLS');
  }
  const users = await Users.open(saslFile, logger);
  const nowMs = () => performance.now();
  const limit = new AddressLimit(maxLoginFailures, nowMs);
  const parts = { mechanisms, users, limit, logger, onFailure, sessionMs, nowMs };
  const authenticationOf = (clientHost: string) => new SaslAuthentication(parts, clientHost);
  const acl = aclFile === '' ? undefined : await AclFile.open(aclFile, logger);
  return { tls, hasSasl, authenticationOf, acl };
}

function parseMechanisms(text: string): SaslMechanism[] {
  return text.split(',').map((name) => {
    const mechanism = SASL_MECHANISMS.find((known) => known === name);
    if (mechanism !== undefined) return mechanism;
    throw new Error(`expected mechanisms of ${SASL_MECHANISMS.join(', ')}, got ${name}`);
  });
}
