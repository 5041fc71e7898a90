import { join } from '../tree.js';
import { type ConfigEdit, EditRefused, listIndex, notSet } from './tree-edit.js';

/** The same for YAML: comments, order and quotes stay as they are. Throws EditRefused where the edit does not fit. */
export async function editYaml(text: string, edit: ConfigEdit): Promise<string> {
  const { isAlias, isMap, isScalar, isSeq, parseDocument } = await import('yaml');
  const document = parseDocument(text, { stringKeys: true });
  let node: unknown = document.contents;
  let path = '';
  for (const key of edit.keys) {
    if (isAlias(node)) throw new EditRefused(`${path} is an alias of another place of the file; edit that by hand`);
    if (isScalar(node) && node.value !== null) {
      throw new EditRefused(`${path} holds a single value, and nothing can stand below that; unset it first`);
    }
    path = join(path, key);
    if (isSeq(node)) listIndex(key, node.items.length, path);
    node = isMap(node) || isSeq(node) ? node.get(key, true) : undefined;
  }
  if ('remove' in edit) {
    if (!document.hasIn(edit.keys)) throw notSet(edit);
    document.deleteIn(edit.keys);
  } else {
    document.setIn(edit.keys, typeof edit.value === 'object' ? document.createNode(edit.value) : edit.value);
  }
  const indent = /\n( +)\S/.exec(`\n${text}`)?.[1]?.length ?? 2;
  const isTight = /[{[][^\s{}[\]]/.test(text); // `[1, 2]`, and not `[ 1, 2 ]`
  return document.toString({ lineWidth: 0, indent: Math.min(indent, 8), flowCollectionPadding: !isTight });
}
