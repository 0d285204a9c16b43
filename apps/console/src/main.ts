import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('console', settings);
void startService({ name: 'console', config, root: AppModule.with(config) });
