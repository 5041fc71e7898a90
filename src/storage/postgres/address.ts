/** `PostgreSQL at host:port/name`: what may be shown of a database URL. */
export function describePostgres(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = hostname || searchParams.get('host') || 'localhost';
  const name = decodeURIComponent(pathname.slice(1));
  return `PostgreSQL at ${host}${host.startsWith('/') ? '' : `:${port || 5432}`}${name && `/${name}`}`;
}
