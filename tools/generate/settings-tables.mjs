// Keeps the table of settings in every app's README equal to its config.ts (compiled: build first).
// With --check it fails when one differs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';

const apps = join(import.meta.dirname, '../../apps');
const SECTION = /(<!-- settings: written by tools\/generate -->)[^]*(<!-- \/settings -->)/;

function table(settings) {
  const rows = Object.values(settings).map(({ variable, schema, meaning, secret }) => {
    const fallback = schema.safeParse(undefined);
    const value = !fallback.success
      ? 'required'
      : variable === 'TALLY_INSTANCE'
        ? 'host and process id'
        : fallback.data === ''
          ? 'empty'
          : `\`${fallback.data}\``;
    return `| \`${variable}\` | ${value} | ${meaning}${secret ? ' (secret)' : ''} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

const stale = [];
for (const app of readdirSync(apps)) {
  const file = join(apps, app, 'README.md');
  const before = readFileSync(file, 'utf8');
  if (!SECTION.test(before)) throw new Error(`apps/${app}/README.md has no section for settings`);
  const { settings } = await import(join(apps, app, 'dist/config.js'));
  const text = before.replace(
    SECTION,
    (_, open, close) => `${open}\n\n${table(settings)}\n\n${close}`,
  );
  const after = await format(text, { parser: 'markdown', printWidth: 100 });
  if (after === before) continue;
  stale.push(`apps/${app}/README.md`);
  if (!process.argv.includes('--check')) writeFileSync(file, after);
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(
    `Tables of settings are stale: ${stale.join(', ')}. Run: node tools/generate/settings-tables.mjs`,
  );
  process.exitCode = 1;
}
