import {
  type ConfigOf,
  discoverySettings,
  line,
  serviceSettings,
  setting,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  logDir: setting('TALLY_LOG_DIR', line('a folder'), 'where the log lies; one process at a time'),
};

export type PartitionLogConfig = ConfigOf<typeof settings>;
