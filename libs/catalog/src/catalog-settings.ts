import { line, setting } from '@tally/service-kit';

/** Of every service that needs to know the catalogue. */
export const catalogSettings = {
  catalogDir: setting(
    'TALLY_CATALOG_DIR',
    line('a folder', '/tmp/tally-catalog'),
    'where the copy of the catalogue lies, if there is one: a folder that may be lost, as it is read from the log again then; processes of one machine may share it, and have a copy each',
  ),
};
