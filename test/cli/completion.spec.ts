import { spawnSync } from 'node:child_process';
import { cli } from './in-process.js';

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;

/** What bash would offer after these words, the last one unfinished. Without bash, which of `hoped` the script holds. */
function offered(script: string, words: string[], hoped: string[]): string[] {
  if (!hasBash) return hoped.filter((word) => script.includes(word));
  const line = words.map((word) => `'${word}'`).join(' ');
  const probe = `${script}\nCOMP_WORDS=(doorward ${line}); COMP_CWORD=${words.length}; _doorward; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', probe], { encoding: 'utf8' });
  return (stderr + stdout).trim().split('\n').filter(Boolean).sort();
}

describe('completion', () => {
  // prettier-ignore
  it.each([
    [['tok'],                          ['tokens']],
    [['tokens', ''],                   ['create', 'list', 'rename', 'revoke']],
    [['gateway', 's'],                 ['status']],
    [['logs', '--f'],                  ['--follow']],
    [['tokens', 'create', '--token-'], ['--token-file', '--token-stdin']],
    [['nonsense', ''],                 []],
  ])('bash after %j offers %j', async (words, expected) => {
    const { stdout } = await cli('completion bash');

    expect(offered(stdout, words, expected)).toEqual(expected);
  });

  it.each(['bash', 'zsh', 'fish'])('%s knows every command', async (shell) => {
    const { code, stdout, stderr } = await cli(`completion ${shell}`);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['explain', 'revoke', 'completion', 'expires-in', 'follow']) expect(stdout).toContain(word);
  });
});
