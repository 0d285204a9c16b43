import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('query', settings);
void startService({
  name: 'query',
  config,
  root: AppModule.with(config),
  grpc: { port: config.grpcPort, packages: ['tally.query.v1'] },
});
