import { fsyncSync } from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** The part of PGlite's file system for Node that we complete. */
interface NodeFiles {
  NODEFS: { stream_ops: { fsync?: (stream: { nfd: number }) => number } };
}

type Init = Parameters<NodeFS['init']>;

/** errno EIO of Emscripten (WASI numbering). PostgreSQL stops when a sync fails, rather than believe the next one. */
const EIO = 29;

/**
 * PGlite's files, made durable. PGlite calls fsync through to its file system, which has none: without this a power
 * cut loses what was acknowledged. Set before PostgreSQL starts, so that its recovery syncs as well.
 */
export class DurableFiles extends NodeFS {
  override async init(...[pg, options]: Init): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const install = (module: unknown): void => {
      (module as NodeFiles).NODEFS.stream_ops.fsync = ({ nfd }) => synced(nfd);
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...[emscriptenOpts.preRun ?? []].flat(), install] } };
  }
}

function synced(descriptor: number): number {
  try {
    fsyncSync(descriptor);
    return 0;
  } catch {
    return EIO;
  }
}
