import type { ServerResponse } from 'node:http';

/** The page says its one sentence and nothing else: no script, no other address, no trace of the code in a Referer (S170). */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  connection: 'close',
};

/** Shows `sentence` to whoever came back with the browser. */
export function showPage(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, HEADERS);
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Doorward</title><p>${escaped(sentence)}</p></html>\n`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
