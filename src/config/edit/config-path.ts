const STEP = /([^.[\]"']+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\['((?:[^'\\]|\\.)*)'\]/y;

/**
 * The keys of a path as people write it: `gateway.auth.mode`, `agents.list[0].id` (or `agents.list.0.id`), and
 * `models.providers["my.provider"].apiKey` where a key holds a dot. Undefined for what is no path.
 */
export function parseConfigPath(text: string): readonly string[] | undefined {
  const keys: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (keys.length > 0 && text[at] === '.') at += 1;
    else if (keys.length > 0 && text[at] !== '[') return undefined;
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (!match) return undefined;
    keys.push(match[1] ?? match[2] ?? unescaped(match[3] ?? match[4]!));
    at = STEP.lastIndex;
  }
  return keys.length > 0 && keys.every((key) => key.trim() === key && key !== '') ? keys : undefined;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}
