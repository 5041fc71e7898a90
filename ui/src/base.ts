// Scripts lie one folder below the console, in `assets` or, with the development server, in `src`.
const script = import.meta.url;

/** The path below which the console stands, with a slash at its end: `/` or `/console/`. */
export const BASE = new URL('..', script).pathname;

/** `tokens` → `/console/tokens` */
export const addressOf = (page: string): string => BASE + page;

/** `/console/tokens` → `tokens` */
export const pageAt = (path: string): string => (path.startsWith(BASE) ? path.slice(BASE.length) : '');
