import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * The embedded PostgreSQL as compiled code, the same for every database of this process. V8 compiles it in threads of
 * its own: whoever asks early, and does something else meanwhile, has waited for nothing.
 */
export function compiledPostgres(): Promise<WebAssembly.Module> {
  return (compiling ??= compile());
}

async function compile(): Promise<WebAssembly.Module> {
  const home = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  return WebAssembly.compile(await readFile(join(home, 'pglite.wasm')));
}
