import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';
import { limitProblems } from './limits.js';

const config = loadConfig('shard-proxy', settings, limitProblems);
void startService({
  name: 'shard-proxy',
  config,
  root: AppModule.with(config),
  grpc: { port: config.grpcPort, packages: ['tally.shard_proxy.v1'] },
});
