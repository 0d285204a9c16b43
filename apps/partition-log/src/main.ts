import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('partition-log', settings);
void startService({ name: 'partition-log', config, root: AppModule.with(config) });
