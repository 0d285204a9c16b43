import { type ConfigOf, discoverySettings, serviceSettings } from '@tally/service-kit';

export const settings = {
  ...serviceSettings,
  ...discoverySettings,
};

export type AuditorConfig = ConfigOf<typeof settings>;
