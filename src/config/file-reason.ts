// prettier-ignore
const REASONS: Readonly<Record<string, string>> = {
  ENOENT:  'it does not exist',
  EACCES:  'permission denied',
  EPERM:   'permission denied',
  EISDIR:  'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP:   'too many symbolic links',
};

/** Why a file operation failed, in words; the file's content never takes part in it. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return code === undefined ? String(error) : (REASONS[code] ?? code);
}

/** The system's error code, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
