export { differences, figuresOf } from './flights/figures.js';
export { eventOf, readFlights } from './flights/flights.js';
export { showFlights } from './flights/flights-demo.js';
export * from './stack/index.js';
