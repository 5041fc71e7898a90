/** A command as completion sees it. */
export interface Completed {
  readonly path: string;
  readonly summary: string;
  readonly flags: readonly string[];
}

export type Shell = 'bash' | 'zsh' | 'fish';

/** One script per shell. Paths, flags and summaries are our own words; none holds a quote or a backslash but `'`. */
export const SCRIPTS: Readonly<Record<Shell, (commands: readonly Completed[]) => string>> = { bash, zsh, fish };

/** Every beginning of a command with the words that may follow: `''` → `gateway status …`, `gateway` → `run status …`. */
function branches(commands: readonly Completed[]): Map<string, Set<string>> {
  const following = new Map<string, Set<string>>();
  for (const { path, flags } of commands) {
    const words = path.split(' ');
    words.forEach((word, depth) => {
      const before = words.slice(0, depth).join(' ');
      following.set(before, (following.get(before) ?? new Set()).add(word));
    });
    following.set(path, new Set([...(following.get(path) ?? []), ...flags]));
  }
  return following;
}

function bash(commands: readonly Completed[]): string {
  const cases = [...branches(commands)].map(([before, words]) => `    '${before}') words='${[...words].join(' ')}' ;;`);
  return `# doorward completion for bash: source <(doorward completion bash)
_doorward() {
  local word path='' words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] && break
    path="\${path:+$path }$word"
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _doorward doorward
`;
}

function zsh(commands: readonly Completed[]): string {
  const cases = [...branches(commands)].map(
    ([before, words]) => `    '${before}') completions=(${[...words].join(' ')}) ;;`,
  );
  return `#compdef doorward
# doorward completion for zsh: place this as _doorward in a directory of $fpath
_doorward() {
  local word path_so_far=''
  local -a completions
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && break
    path_so_far="\${path_so_far:+$path_so_far }$word"
  done
  case "$path_so_far" in
${cases.join('\n')}
  esac
  compadd -a completions || _files
}
compdef _doorward doorward
`;
}

function fish(commands: readonly Completed[]): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const line = (before: string, word: string, summary: string): string => {
    const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`;
    return `complete -c doorward -n ${quoted(`__doorward_at ${before}`)} ${what}${summary === '' ? '' : ` -d ${quoted(summary)}`}`;
  };
  const summaries = new Map(commands.map(({ path, summary }) => [path, summary]));
  const lines = [...branches(commands)].flatMap(([before, words]) =>
    [...words].map((word) => line(before, word, summaries.get(`${before} ${word}`.trim()) ?? '')),
  );
  return `# doorward completion for fish
function __doorward_at
    set -l words (commandline -opc)[2..-1]
    set -l path
    for word in $words
        string match -q -- '-*' $word; and break
        set -a path $word
    end
    test "$path" = "$argv"
end
complete -c doorward -f
${lines.join('\n')}
`;
}
