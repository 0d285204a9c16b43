import {
  type ConfigOf,
  discoverySettings,
  port,
  serviceSettings,
  setting,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  port: setting('TALLY_PORT', port(8080), 'port of the public REST API'),
};

export type GatewayConfig = ConfigOf<typeof settings>;
