import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, isErrorCode } from '@tally/contracts';
import { STATS_PARAMETERS } from '../stats/stats-question.js';
import { EVENT_MEDIA_TYPES } from '../events/media-types.js';
import { LOSS_PARAMETERS } from '../losses/loss-page.js';
import { RESOURCES } from '../http/not-found.controller.js';
import { OPENAPI } from './openapi-document.js';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, object>>;
}
const operations = Object.values(OPENAPI.paths).flatMap(
  (path) => Object.values(path) as unknown as Operation[],
);
/** Statuses that no code has: the door says them of requests of any operation. */
const AT_THE_DOOR = ['408', '417', '421', '431', '501', '505'];
const text = JSON.stringify(OPENAPI);

describe('the OpenAPI document', () => {
  it('refers to schemas that it has, and uses all it has', () => {
    const used = new Set(
      [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name),
    );
    expect([...used].sort()).toEqual(Object.keys(OPENAPI.components.schemas).sort());
  });

  it.each(operations)(
    '$operationId names codes of the closed list under their statuses',
    ({ responses }) => {
      const problems = Object.entries(responses).filter(([status]) => Number(status) >= 400);
      expect(problems.map(([status]) => status)).toEqual(expect.arrayContaining(['400', '500']));
      for (const [status, response] of problems) {
        const [, list = '[]'] = /"code":{"enum":(\[[^\]]*\])/.exec(JSON.stringify(response)) ?? [];
        const codes = JSON.parse(list) as string[];
        // Our own: it has the members of a success too.
        if (status === '422') continue;
        expect(codes).not.toEqual([]);
        for (const code of codes) {
          if (!isErrorCode(code)) throw new Error(`${code} is not in the closed list`);
          if (!AT_THE_DOOR.includes(status)) expect(String(ERROR_CODES[code].http)).toBe(status);
        }
      }
    },
  );

  it.each(operations)('$operationId has what the door answers', ({ responses }) => {
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(AT_THE_DOOR));
  });

  it('has every media type in which events are taken', () => {
    const { content } = OPENAPI.paths['/v1/events'].post.requestBody;
    expect(Object.keys(content)).toEqual(EVENT_MEDIA_TYPES);
  });

  it('has every parameter that is read, and every resource that there is', () => {
    const { parameters } = OPENAPI.paths['/v1/stats'].get;
    expect(parameters.map(({ name }) => name)).toEqual([...STATS_PARAMETERS]);
    const losses = OPENAPI.paths['/v1/admin/losses'].get.parameters;
    expect(losses.map(({ name }) => name)).toEqual([...LOSS_PARAMETERS]);
    const paths = RESOURCES.map((resource) => resource.split(' ').at(-1));
    expect(paths).toEqual(Object.keys(OPENAPI.paths));
  });
});
