import 'reflect-metadata';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('gateway', settings);
await startService({
  name: 'gateway',
  config,
  root: AppModule.with(config),
  http: { port: config.port, adapter: new FastifyAdapter({ bodyLimit: 8 << 20 }) },
});
