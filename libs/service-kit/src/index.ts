export { AdminServer, type AdminServerOptions } from './admin/admin-server.js';
export { gatheringSettings } from './config/gathering-settings.js';
export { loadConfig, parseConfig, type LoadedConfig } from './config/load-config.js';
export {
  discoverySettings,
  grpcSettings,
  serviceSettings,
  type DiscoveryConfig,
  type GrpcConfig,
  type ServiceConfig,
} from './config/service-settings.js';
export * from './config/settings.js';
export { toGrpcError } from './errors/grpc-errors.js';
export {
  toProblem,
  PROBLEM_TYPE,
  type ProblemDetails,
  type ProblemResponse,
} from './errors/problem-details.js';
export {
  HealthChecks,
  type CheckResult,
  type HealthCheck,
  type HealthOptions,
  type HealthReport,
} from './health/health-checks.js';
export { Lifecycle } from './lifecycle/lifecycle.js';
export { createLogger, type Logger } from './logging/logger.js';
export { createMetrics, type Metrics } from './metrics/metrics.js';
export { KitModule, LOGGER, METRICS, type ServiceKit } from './service/kit.module.js';
export { startService, VERSION, type ServiceDefinition } from './service/start-service.js';
export { inLinkedSpan, recordedSpan } from './tracing/linked-span.js';
