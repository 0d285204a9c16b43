export { CatalogStore } from './catalog-store.js';
export { FollowedCatalog, type FollowedCatalogOptions } from './followed-catalog.js';
export { catalogSettings } from './catalog-settings.js';
