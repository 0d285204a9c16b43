export { endWithReader } from './end-with-reader.js';
export { eventOf, readFlights } from './flights/flights.js';
export { showFlights } from './flights/show-flights.js';
export type { Report as HostileReport } from './hostile/report.js';
export * from './stack/index.js';
