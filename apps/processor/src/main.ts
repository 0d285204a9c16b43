import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('processor', settings);
await startService({ name: 'processor', config, root: AppModule.with(config) });
