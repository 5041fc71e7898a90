import type { DocumentNode } from '@humanwhocodes/momoa';
import { isTree } from '../tree.js';

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

/** How the author of a file writes it, so that what is added looks as if they had. */
export class Json5Style {
  /** One step of indentation. */
  readonly unit: string;
  private readonly quote: '"' | "'";
  private readonly quotesKeys: boolean;

  /** `isPlainJson`: the file is called `.json`, and other programs may read it as that. */
  constructor(
    private readonly source: string,
    { tokens = [] }: DocumentNode,
    isPlainJson: boolean,
  ) {
    const texts = tokens.filter(({ type }) => type === 'String').map(({ range }) => source[range![0]]);
    const keys = tokens.filter((token, index) => tokens[index + 1]?.type === 'Colon' && token.type !== 'Colon');
    const singles = texts.filter((quote) => quote === "'").length;
    this.quote = isPlainJson || singles * 2 <= texts.length ? '"' : "'";
    this.quotesKeys = isPlainJson || (keys.length > 0 && keys.every(({ type }) => type === 'String'));
    this.unit = /\n([ \t]+)\S/.exec(source)?.[1] ?? '  ';
  }

  /** The white space in front of the line in which a place is. */
  indentAt(offset: number): string {
    const line = this.source.slice(this.source.lastIndexOf('\n', offset - 1) + 1, offset);
    return /^[ \t]*/.exec(line)![0];
  }

  key(name: string): string {
    return this.quotesKeys || !IDENTIFIER.test(name) ? this.text(name) : name;
  }

  /** A value; what does not fit one line goes over several, `indent` being that of the line where it begins. */
  print(value: unknown, indent: string): string {
    if (typeof value === 'string') return this.text(value);
    const inner = indent + this.unit;
    if (Array.isArray(value)) {
      const items = value.map((item) => this.print(item, inner));
      const isShort = items.every((item) => !item.includes('\n')) && items.join(', ').length <= 80;
      return isShort ? `[${items.join(', ')}]` : `[\n${inner}${items.join(`,\n${inner}`)}\n${indent}]`;
    }
    if (!isTree(value)) return JSON.stringify(value);
    const members = Object.entries(value).map(([name, item]) => `${this.key(name)}: ${this.print(item, inner)}`);
    return members.length === 0 ? '{}' : `{\n${inner}${members.join(`,\n${inner}`)}\n${indent}}`;
  }

  private text(value: string): string {
    const quoted = JSON.stringify(value);
    if (this.quote === '"') return quoted;
    return `'${quoted.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  }
}
