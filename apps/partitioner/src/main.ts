import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('partitioner', settings);
void startService({
  name: 'partitioner',
  config,
  root: AppModule.with(config),
  grpc: { port: config.grpcPort, packages: ['tally.partitioner.v1'] },
});
