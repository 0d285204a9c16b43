import {
  type ConfigOf,
  discoverySettings,
  grpcSettings,
  serviceSettings,
} from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
  ...grpcSettings,
};

export type QueryConfig = ConfigOf<typeof settings>;
