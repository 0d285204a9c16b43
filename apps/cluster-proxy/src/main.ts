import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';
import { PASSED_THROUGH } from './counters/pass-through.controller.js';

const config = loadConfig('cluster-proxy', settings);
void startService({
  name: 'cluster-proxy',
  config,
  root: AppModule.with(config),
  grpc: {
    port: config.grpcPort,
    packages: ['tally.cluster_proxy.v1'],
    passThrough: PASSED_THROUGH,
  },
});
