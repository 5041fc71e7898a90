const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;
const HIDDEN = '***';

/** An address without user, password and the values of its query; any other text as it is. */
export function plainAddress(text: string): string {
  if (!ADDRESS.test(text)) return text;
  if (!URL.canParse(text)) return text.replace(/\/\/[^/]*@/, `//${HIDDEN}@`).replace(/\?.*/s, `?${HIDDEN}`);
  const url = new URL(text);
  if (url.username === '' && url.password === '' && url.search === '') return text;
  if (url.username !== '') url.username = HIDDEN;
  if (url.password !== '') url.password = HIDDEN;
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, HIDDEN);
  return url.href;
}
