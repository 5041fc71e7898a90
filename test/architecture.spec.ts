import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SRC = resolve(__dirname, '../src');

/** What each folder of src may import besides itself. A folder that is not named here may not exist. */
// prettier-ignore
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel:      [],
  config:      ['kernel'],
  log:         ['kernel', 'config'],
  metrics:     ['kernel'],
  storage:     ['config', 'kernel'],
  secrets:     ['config', 'kernel'],
  audit:       ['storage', 'config', 'kernel'],
  accounts:    ['audit', 'storage', 'config', 'kernel'],
  pairing:     ['audit', 'storage', 'config', 'kernel'],
  credentials: ['secrets', 'audit', 'storage', 'config', 'kernel'],
  chat:        ['credentials', 'secrets', 'audit', 'storage', 'config', 'kernel'],
  auth:        ['accounts', 'pairing', 'secrets', 'audit', 'config', 'kernel'],
  http:        ['auth', 'accounts', 'pairing', 'credentials', 'chat', 'secrets', 'audit', 'metrics', 'config', 'kernel'],
  gateway:     ['auth', 'accounts', 'pairing', 'credentials', 'chat', 'secrets', 'audit', 'config', 'kernel'],
  cli:         ['auth', 'accounts', 'pairing', 'credentials', 'chat', 'secrets', 'audit', 'config', 'log', 'kernel'],
};

/** The ground is plain TypeScript: nothing of Nest, TypeORM or a validator. */
const FRAMEWORKS = /^(@nestjs\/|typeorm|passport|class-|rxjs|fastify|pino)/;

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder = SRC): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g);
  return [...found].map(([, from, dynamic]) => ({ file: relative(SRC, path), target: (from ?? dynamic)! }));
}

const folderOf = (file: string): string | undefined => (file.includes('/') ? file.split('/')[0] : undefined);

const all = sources().flatMap(importsOf);

it('finds imports to judge', () => {
  expect(all.length).toBeGreaterThan(200);
});

it('every folder of src stands in the import table', () => {
  const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => !(name in MAY_IMPORT))).toEqual([]);
});

it('imports point inward', () => {
  const outward = all.flatMap(({ file, target }) => {
    const from = folderOf(file);
    if (from === undefined || !target.startsWith('.')) return [];
    const to = folderOf(relative(SRC, resolve(dirname(join(SRC, file)), target)));
    const allowed = to !== undefined && (to === from || MAY_IMPORT[from]!.includes(to));
    // The command line starts the gateway: its one step out, through the composition root.
    const starts = from === 'cli' && target === '../main.js';
    return allowed || starts ? [] : [`${file} → ${target}`];
  });
  expect(outward).toEqual([]);
});

it('the kernel knows no framework', () => {
  const known = all.filter(({ file, target }) => folderOf(file) === 'kernel' && FRAMEWORKS.test(target));
  expect(known).toEqual([]);
});

it('only the configuration reads the environment', () => {
  const readers = sources()
    .map((path) => relative(SRC, path))
    .filter((file) => /\bprocess\.env\b/.test(readFileSync(join(SRC, file), 'utf8')))
    .filter((file) => folderOf(file) !== 'config');
  expect(readers).toEqual(['cli.ts']); // the program itself, which hands it to whoever asks
});
