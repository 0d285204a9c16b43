import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';

const config = loadConfig('auditor', settings);
void startService({ name: 'auditor', config, root: AppModule.with(config) });
