import { entryOfFields } from '../access/w3c.js';
import { jsonLogFormat, textIn } from './json-log.js';

/** Access logs that CloudFront delivers as JSON: the fields of its W3C extended logs by name. */
export const cloudfront = jsonLogFormat({
  name: 'cloudfront-json',
  title: 'an access log of CloudFront (JSON)',
  has: (object) =>
    typeof object['cs-uri-stem'] === 'string' &&
    ['time', 'timestamp', 'timestamp(ms)'].some((name) => Object.hasOwn(object, name)),
  entryOf: (object) => entryOfFields((name) => textIn(object, [name])),
});
