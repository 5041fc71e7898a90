// prettier-ignore
const REASONS: Readonly<Record<string, string>> = {
  ENOENT:  'it does not exist',
  EACCES:  'permission denied',
  EPERM:   'permission denied',
  EISDIR:  'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP:   'too many symbolic links',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};

/** Why a file operation failed, in words; the file's content never takes part in it. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? String(error) : (REASONS[code] ?? code);
}

/** The system's error code, such as `ENOENT`; by its shape, since test runners keep errors of Node in a realm of their own. */
export function codeOf(error: unknown): string | undefined {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : undefined;
}
