export { ExtremeClient, type ExtremeFigures } from './extreme-client.js';
export { extremeRequest, pickFrom, type ExtremeRequest, type Pick } from './extreme-requests.js';
