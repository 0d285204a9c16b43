export { eventOf, readFlights } from './flights/flights.js';
export { showFlights } from './flights/show-flights.js';
export * from './stack/index.js';
