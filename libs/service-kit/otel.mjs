// Loaded with `node --import` before a service. Traces are on when OTEL_EXPORTER_OTLP_ENDPOINT is set
// and cost nothing when it is not. The drivers are required here, after the SDK has patched `require`:
// an ESM loader hook would give the same spans for several times the start-up CPU.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  const require = createRequire(import.meta.url);
  const { name } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
  process.env.OTEL_SERVICE_NAME ??= name.replace('@tally/', '');
  process.env.OTEL_METRICS_EXPORTER ??= 'none';
  process.env.OTEL_LOGS_EXPORTER ??= 'none';

  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
  const { GrpcInstrumentation } = require('@opentelemetry/instrumentation-grpc');
  const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
  const adminPort = Number(process.env.TALLY_ADMIN_PORT);
  const sdk = new NodeSDK({
    instrumentations: [
      new HttpInstrumentation({
        // Health probes and scrapes are noise.
        ignoreIncomingRequestHook: (request) => request.socket.localPort === adminPort,
      }),
      new GrpcInstrumentation({ ignoreGrpcMethods: ['Check'] }),
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  globalThis[Symbol.for('tally.tracing')] = sdk;
  for (const driver of ['@grpc/grpc-js', 'pg']) {
    try {
      require(driver);
    } catch (error) {
      // An image holds only the drivers that its service uses.
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
}
