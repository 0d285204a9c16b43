import 'reflect-metadata';
import { loadConfig, startService } from '@tally/service-kit';
import { AppModule } from './app.module.js';
import { settings } from './config.js';
import { limitProblems } from './limits.js';

const config = loadConfig('processor', settings, limitProblems);
void startService({ name: 'processor', config, root: AppModule.with(config) });
