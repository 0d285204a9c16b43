export { deadEventSettings } from './config/dead-event-settings.js';
export { gatheringSettings } from './config/gathering-settings.js';
export { loadConfig, parseConfig } from './config/load-config.js';
export {
  discoverySettings,
  grpcSettings,
  serviceSettings,
  tlsSettings,
  type DiscoveryConfig,
  type GrpcConfig,
  type ServiceConfig,
} from './config/service-settings.js';
export * from './config/settings.js';
export { ConnectionLimit, type ConnectionLimits } from './connections/connection-limit.js';
export { descriptorLimit } from './connections/descriptors.js';
export { GRPC_CALLERS } from './grpc/callers.js';
export { TlsServerCredentials } from './grpc/tls-server-credentials.js';
export { toProblem, PROBLEM_TYPE, type ProblemDetails } from './errors/problem-details.js';
export { HealthChecks, type HealthCheck } from './health/health-checks.js';
export { Lifecycle } from './lifecycle/lifecycle.js';
export { createLogger, type Logger } from './logging/logger.js';
export { registerLongestHolds } from './metrics/longest-holds.js';
export type { Metrics } from './metrics/metrics.js';
export { LOGGER, METRICS, TLS } from './service/kit.module.js';
export { startService, VERSION, type ServiceDefinition } from './service/start-service.js';
export { openServiceTls } from './tls/service-tls.js';
export { reportRefusedHandshakes } from './tls/refused-handshakes.js';
export { TlsFiles } from './tls/tls-files.js';
export { inLinkedSpan, MAX_LINKED_REQUESTS, recordedSpan } from './tracing/linked-span.js';
