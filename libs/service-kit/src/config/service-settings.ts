import { hostname } from 'node:os';
import { MINUTE_MS } from '@tally/contracts';
import { addresses, line, oneOf, port, setting, wholeNumber, type ConfigOf } from './settings.js';

/** What every process of Tally that talks to another one reads: all three, or none. */
export const tlsSettings = {
  tlsCertFile: setting(
    'TALLY_TLS_CERT_FILE',
    line('a file', ''),
    'certificate chain of this service, PEM, with the name of the app as DNS name; with it, key and CA, services speak mutual TLS alone. A change is seen within a minute',
  ),
  tlsKeyFile: setting(
    'TALLY_TLS_KEY_FILE',
    line('a file', ''),
    'private key of the certificate, PEM',
  ),
  tlsCaFile: setting(
    'TALLY_TLS_CA_FILE',
    line('a file', ''),
    'certificates, PEM, of those who may vouch for the other services',
  ),
};

/** What every service reads. */
export const serviceSettings = {
  ...tlsSettings,
  host: setting(
    'TALLY_HOST',
    line('a host name or address', '127.0.0.1'),
    'where this instance listens, and what it tells others',
  ),
  adminPort: setting('TALLY_ADMIN_PORT', port(), 'port of /health and /metrics; never public'),
  instance: setting(
    'TALLY_INSTANCE',
    line('a name', `${hostname()}-${process.pid}`),
    'name of this instance, unique among those of its service',
  ),
  logLevel: setting(
    'TALLY_LOG_LEVEL',
    oneOf(['debug', 'info', 'warn', 'error'], 'info'),
    'least important log lines to write',
  ),
  maxStallMs: setting(
    'TALLY_MAX_STALL_MS',
    wholeNumber(0, 10 * MINUTE_MS, 20_000),
    'how long the event loop may stand still until the process ends itself: longer than its sessions, so that others have its work already, and than a busy machine makes it wait; below the 60 s of the liveness probe; 0: for ever, for a debugger',
  ),
  drainDelayMs: setting(
    'TALLY_DRAIN_DELAY_MS',
    wholeNumber(0, MINUTE_MS, 0),
    'on SIGTERM, how long to go on serving while no longer ready, so that callers see it first; 0 where discovery tells them at once',
  ),
  drainTimeoutMs: setting(
    'TALLY_DRAIN_TIMEOUT_MS',
    wholeNumber(1, 10 * MINUTE_MS, 20_000),
    'on SIGTERM, how long until the process exits with work unfinished; below the 30 s after which Kubernetes kills',
  ),
};

/** What every service that others find, or that finds others, reads too. */
export const discoverySettings = {
  zookeeper: setting('TALLY_ZOOKEEPER', addresses(), 'the ZooKeeper ensemble'),
  zookeeperAuthFile: setting(
    'TALLY_ZOOKEEPER_AUTH_FILE',
    line('a file', ''),
    'holds user:password; with it every node is closed to who does not have it. The same for all services and tools',
  ),
  zookeeperSessionMs: setting(
    'TALLY_ZOOKEEPER_SESSION_MS',
    wholeNumber(400, MINUTE_MS, 6000),
    'how long ZooKeeper waits for a silent instance; shorter finds the dead sooner, longer survives pauses',
  ),
};

/** What a service with a gRPC server reads too. */
export const grpcSettings = {
  grpcPort: setting('TALLY_GRPC_PORT', port(), 'port of the gRPC server'),
};

/** The values of `serviceSettings`. */
export type ServiceConfig = ConfigOf<typeof serviceSettings>;
/** The values of `discoverySettings`. */
export type DiscoveryConfig = ConfigOf<typeof discoverySettings>;
/** The values of `grpcSettings`. */
export type GrpcConfig = ConfigOf<typeof grpcSettings>;
