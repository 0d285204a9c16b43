import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';
import { createHttpAdapter } from './http/http-adapter.js';

const config = loadConfig('gateway', settings);
void startService({
  name: 'gateway',
  config,
  root: AppModule.with(config),
  http: { port: config.port, adapter: createHttpAdapter(config) },
});
