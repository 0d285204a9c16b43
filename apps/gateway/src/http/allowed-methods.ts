import { RESOURCES } from './not-found.controller.js';

const METHODS_AND_PATH = /^(.+) (\/\S*)$/;

/** What there is: `GET and PUT /v1/event-types/{type}`. */
const PATHS = RESOURCES.map((resource) => {
  const [, methods = '', path = ''] = METHODS_AND_PATH.exec(resource) ?? [];
  const pattern = path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+');
  return { pattern: new RegExp(`^${pattern}$`), methods: methods.split(' and ') };
});

/** The methods that a request target knows, for the header Allow; none where nothing is. */
export function allowedMethods(target: string): readonly string[] {
  const path = decoded(target.replace(/\?.*$/s, ''));
  const found = PATHS.find(({ pattern }) => pattern.test(path));
  if (found === undefined) return [];
  return [...found.methods, ...(found.methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
}

/** As the router reads a path: what is reserved stays escaped. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
