import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('dead-letter-replayer', settings);
void startService({
  name: 'dead-letter-replayer',
  config,
  root: AppModule.with(config),
  grpc: { port: config.grpcPort, packages: ['tally.dead_letter_replayer.v1'] },
});
