import { fsyncSync } from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { ownerOnly } from './owner-only.js';

interface Stream {
  readonly nfd: number;
  readonly node: { readonly mode: number };
}

interface Attributes {
  readonly mode?: number;
}

/** The part of PGlite's file system for Node that we complete. */
interface NodeFiles {
  FS: { isDir(mode: number): boolean };
  NODEFS: {
    realPath(node: Stream['node']): string;
    node_ops: {
      mknod: (parent: unknown, name: string, mode: number, ...rest: unknown[]) => unknown;
      setattr: (node: unknown, attributes: Attributes) => void;
    };
    stream_ops: {
      fsync?: (stream: Stream) => number;
      write: (stream: Stream, ...rest: unknown[]) => number;
      setattr: (stream: Stream, attributes: Attributes) => void;
    };
  };
}

type Init = Parameters<NodeFS['init']>;

/** errno EIO of Emscripten (WASI numbering). PostgreSQL stops when a sync fails, rather than believe the next one. */
const EIO = 29;

/**
 * PGlite's files, made durable. PGlite calls fsync through to its file system, which has none: without this a power
 * cut loses what was acknowledged. Set before PostgreSQL starts, so that its recovery syncs as well.
 *
 * Recovery begins with a sync of each of the thousand files, some seconds of waiting for the disk. `DataFolder` has
 * done that already and much faster, so until `syncAll` only what PostgreSQL has written since is synced.
 *
 * Whatever is made there is its owner's alone: PGlite makes most files for everybody, whatever PostgreSQL asks for.
 */
export class DurableFiles extends NodeFS {
  private written: Set<string> | undefined = new Set();

  override async init(...[pg, options]: Init): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const install = (module: unknown): void => {
      this.install(module as NodeFiles);
      keepToOwner(module as NodeFiles);
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...[emscriptenOpts.preRun ?? []].flat(), install] } };
  }

  /** From now on every fsync of PostgreSQL's is one of the disk. */
  syncAll(): void {
    this.written = undefined;
  }

  private install({ FS, NODEFS }: NodeFiles): void {
    const { write, setattr } = NODEFS.stream_ops;
    const isClean = ({ node }: Stream): boolean =>
      this.written !== undefined && !FS.isDir(node.mode) && !this.written.has(NODEFS.realPath(node));

    NODEFS.stream_ops.fsync = (stream) => (isClean(stream) ? 0 : synced(stream.nfd));
    NODEFS.stream_ops.write = (stream, ...rest) => {
      this.written?.add(NODEFS.realPath(stream.node));
      return write(stream, ...rest);
    };
    NODEFS.stream_ops.setattr = (stream, attributes) => {
      this.written?.add(NODEFS.realPath(stream.node));
      setattr(stream, attributes);
    };
  }
}

function keepToOwner({ NODEFS: { node_ops, stream_ops } }: NodeFiles): void {
  const { mknod, setattr } = node_ops;
  const { setattr: setOpen } = stream_ops;
  node_ops.mknod = (parent, name, mode, ...rest) => mknod(parent, name, ownerOnly(mode), ...rest);
  node_ops.setattr = (node, attributes) => setattr(node, narrowed(attributes));
  stream_ops.setattr = (stream, attributes) => setOpen(stream, narrowed(attributes));
}

const narrowed = (attributes: Attributes): Attributes =>
  attributes.mode === undefined ? attributes : { ...attributes, mode: ownerOnly(attributes.mode) };

function synced(descriptor: number): number {
  try {
    fsyncSync(descriptor);
    return 0;
  } catch {
    return EIO;
  }
}
