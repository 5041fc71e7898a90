import type { ArrayNode, DocumentNode, MemberNode, ObjectNode, Token, ValueNode } from '@humanwhocodes/momoa';
import { join } from '../tree.js';
import { Json5Style } from './json5-style.js';
import { type ConfigEdit, listIndex, notAnObject, notSet } from './tree-edit.js';

/** A part of the text and what takes its place. */
interface Patch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** An object or a list, with the node below which nothing more is there. */
type Holder = ObjectNode | ArrayNode;

const EMPTY = '{}\n';

/**
 * Makes one edit in the text of a JSON5 file, in the style of what stands around it; every other byte stays as a person
 * wrote it. Throws EditRefused where the edit does not fit. The parser is loaded when it is needed.
 */
export async function editJson5(text: string, edit: ConfigEdit, isPlainJson: boolean): Promise<string> {
  const { parse } = await import('@humanwhocodes/momoa');
  const source = text.trim() === '' ? EMPTY : text;
  const document = parse(source, { mode: 'json5', ranges: true, tokens: true, allowTrailingCommas: true });
  const patches = new Json5Edit(source, document, new Json5Style(source, document, isPlainJson)).patches(edit);
  return patches
    .toSorted((a, b) => b.start - a.start)
    .reduce((whole, { start, end, text: put }) => whole.slice(0, start) + put + whole.slice(end), source);
}

class Json5Edit {
  private readonly tokens: readonly Token[];

  constructor(
    private readonly source: string,
    private readonly document: DocumentNode,
    private readonly style: Json5Style,
  ) {
    this.tokens = document.tokens ?? [];
  }

  patches(edit: ConfigEdit): Patch[] {
    let node: ValueNode = this.document.body;
    let path = '';
    for (const [depth, key] of edit.keys.entries()) {
      if (node.type !== 'Object' && node.type !== 'Array') throw notAnObject(path, plainOf(node));
      path = join(path, key);
      const entry = entryOf(node, key, path);
      const isLast = depth === edit.keys.length - 1;
      if (!entry) {
        if ('remove' in edit) throw notSet(edit);
        return this.inserted(node, key, nested(edit.keys.slice(depth + 1), edit.value));
      }
      if (isLast && 'remove' in edit) return this.removed(node, entry);
      node = valueOf(entry);
    }
    if ('remove' in edit) return [];
    const [start, end] = rangeOf(node);
    return [{ start, end, text: this.style.print(edit.value, this.style.indentAt(start)) }];
  }

  private inserted(holder: Holder, key: string, value: unknown): Patch[] {
    const { style, source } = this;
    const entries = entriesOf(holder);
    const [start, end] = rangeOf(holder);
    const close = end - 1;
    const last = entries.at(-1);
    const isOneLine = last !== undefined && !source.slice(start, end).includes('\n');
    const indent = isOneLine ? '' : this.memberIndent(holder);
    const print = (): string => {
      const printed = style.print(value, indent);
      return holder.type === 'Object' ? `${style.key(key)}: ${printed}` : printed;
    };
    const comma = last && this.tokenBetween(rangeOf(last)[1], close, 'Comma');
    const separator: Patch[] =
      last && !comma ? [{ start: rangeOf(last)[1], end: rangeOf(last)[1], text: isOneLine ? ', ' : ',' }] : [];
    if (isOneLine && separator[0]) return [{ ...separator[0], text: `, ${print()}` }];
    if (isOneLine && comma) return [{ start: comma.range![1], end: comma.range![1], text: ` ${print()},` }];

    // Behind everything that stands in it, comments too, so that each stays with what it is about.
    const at = Math.max(start + 1, this.lastTokenEnd(start, close));
    const added = `\n${indent}${print()}${comma ? ',' : ''}`;
    if (at === (separator[0]?.start ?? -1)) return [{ start: at, end: at, text: `,${added}` }];
    const tail = source.slice(at, close).includes('\n') ? '' : `\n${style.indentAt(start)}`;
    return [...separator, { start: at, end: at, text: added + tail }];
  }

  /** Takes the entry and its comma; a line that is then empty goes too. What people wrote about it stays. */
  private removed(holder: Holder, entry: MemberNode | ArrayNode['elements'][number]): Patch[] {
    const entries = entriesOf(holder);
    const [start, end] = rangeOf(entry);
    const close = rangeOf(holder)[1] - 1;
    const index = entries.indexOf(entry);
    const next = entries[index + 1];
    const comma = this.tokenBetween(end, next ? rangeOf(next)[0] : close, 'Comma');
    const before = entries[index - 1];
    const own = this.wholeLine(start, comma && isNear(this.source, end, comma.range![0]) ? comma.range![1] : end);
    const patches: Patch[] = [{ ...own, text: '' }];
    if (comma && !isNear(this.source, end, comma.range![0])) {
      patches.push({ start: comma.range![0], end: comma.range![1], text: '' });
    }
    const dangling = !comma && before && this.tokenBetween(rangeOf(before)[1], start, 'Comma');
    if (dangling) patches.push({ start: dangling.range![0], end: dangling.range![1], text: '' });
    return patches;
  }

  private wholeLine(start: number, end: number): { start: number; end: number } {
    const { source } = this;
    const lineStart = source.lastIndexOf('\n', start - 1) + 1;
    const lineEnd = source.indexOf('\n', end);
    const isAlone = source.slice(lineStart, start).trim() === '';
    if (isAlone && lineEnd !== -1 && source.slice(end, lineEnd).trim() === '')
      return { start: lineStart, end: lineEnd + 1 };
    const gap = /^[ \t]+/.exec(source.slice(end))?.[0].length ?? 0;
    return { start, end: end + gap };
  }

  private memberIndent(holder: Holder): string {
    const first = entriesOf(holder)[0];
    const [start] = rangeOf(holder);
    if (first) {
      const at = rangeOf(first)[0];
      const lineStart = this.source.lastIndexOf('\n', at - 1) + 1;
      if (lineStart > start && this.source.slice(lineStart, at).trim() === '') return this.source.slice(lineStart, at);
    }
    return this.style.indentAt(start) + this.style.unit;
  }

  private tokenBetween(start: number, end: number, type: Token['type']): Token | undefined {
    return this.tokens.find((token) => token.type === type && token.range![0] >= start && token.range![1] <= end);
  }

  private lastTokenEnd(start: number, close: number): number {
    return this.tokens.reduce((end, { range }) => (range![0] > start && range![1] <= close ? range![1] : end), 0);
  }
}

function entriesOf(holder: Holder): readonly (MemberNode | ArrayNode['elements'][number])[] {
  return holder.type === 'Object' ? holder.members : holder.elements;
}

/** Of a key that stands there twice the last one counts, as for who reads the file. */
function entryOf(holder: Holder, key: string, path: string): MemberNode | ArrayNode['elements'][number] | undefined {
  if (holder.type === 'Array') return holder.elements[listIndex(key, holder.elements.length, path)];
  return holder.members.findLast(({ name }) => (name.type === 'String' ? name.value : name.name) === key);
}

function valueOf(entry: MemberNode | ArrayNode['elements'][number]): ValueNode {
  return entry.value;
}

function rangeOf({ loc }: { readonly loc: ValueNode['loc'] }): readonly [start: number, end: number] {
  return [loc.start.offset, loc.end.offset];
}

function nested(keys: readonly string[], value: unknown): unknown {
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

function isNear(source: string, start: number, end: number): boolean {
  return source.slice(start, end).trim() === '';
}

function plainOf(node: ValueNode): unknown {
  return node.type === 'Null' ? null : 'value' in node ? node.value : '';
}
