import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');

/** What costs more to load than a whole command may take. */
const HEAVY =
  /^(@nestjs\/|typeorm$|class-validator$|class-transformer$|rxjs|pino$|@electric-sql\/|pg$|ioredis$|reflect-metadata$|ws$|yaml$|json5$)/;

/** Packages that a file loads by itself or through others at once; what `import()` brings later does not count. */
function loadedBy(file: string, seen = new Set<string>()): { readonly name: string; readonly by: string }[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return valueImports(readFileSync(file, 'utf8')).flatMap((name) =>
    name.startsWith('.')
      ? loadedBy(join(dirname(file), name.replace(/\.js$/, '.ts')), seen)
      : [{ name, by: relative(root, file) }],
  );
}

function valueImports(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)(?:([^'";]*?)\s+from\s+)?'([^']+)';/gm);
  return [...statements].filter(([, names]) => !isTypesAlone(names)).map(([, , name]) => name!);
}

/** `import { type A, type B }` leaves nothing behind. */
function isTypesAlone(names: string | undefined): boolean {
  const list = /^\{([^}]*)\}$/.exec(names?.trim() ?? '')?.[1];
  return list !== undefined && list.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
}

describe('a command starts quickly because it loads nothing heavy', () => {
  const commands = readFileSync(join(root, 'src', 'cli', 'commands.ts'), 'utf8').matchAll(
    /import\('(\.\/[^']+)\.js'\)/g,
  );
  const files = ['../cli', './program', ...new Set([...commands].map(([, name]) => name!))];

  it.each(files)('src/cli/%s', (name) => {
    const heavy = loadedBy(join(root, 'src', 'cli', `${name}.ts`)).filter((found) => HEAVY.test(found.name));

    expect(heavy).toEqual([]);
  });

  it('can tell', () => {
    expect(loadedBy(join(root, 'src', 'config', 'gateway.settings.ts')).map(({ name }) => name)).toContain(
      'class-validator',
    );
    expect(files.length).toBeGreaterThan(10);
  });
});
