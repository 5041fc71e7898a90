import { isTree } from '../../config/tree.js';
import { BASICS, endedWith, gistOf, type KeeperAnswers, KeeperRefusal, NOT_THERE, type Preset } from './preset.js';

/** What the kinds of keys are found by. */
// prettier-ignore
const VARIABLES = [
  ...BASICS,
  'SOPS_AGE_KEY', 'SOPS_AGE_KEY_FILE', 'SOPS_AGE_KEY_CMD', 'SOPS_AGE_SSH_PRIVATE_KEY_FILE', 'GNUPGHOME',
  'AWS_PROFILE', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN',
  'GOOGLE_APPLICATION_CREDENTIALS', 'AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET',
  'VAULT_ADDR', 'VAULT_TOKEN',
];

/** `sops`: one encrypted file, decrypted once for all ids, to its standard output and nowhere else. */
export const sops: Preset = {
  name: 'sops',
  title: 'sops (an encrypted file)',
  command: 'sops',
  passEnv: VARIABLES,
  options: [
    {
      name: 'file',
      question: 'Which encrypted file?',
      pattern: /^\/[^\0\n]{1,1000}$/,
      rule: 'must be the absolute path of a file',
    },
  ],
  ids: 'the steps to a value in the file: providers/openai/apiKey',

  calls: (ids, { file }) => [
    {
      ids,
      // The long flag works before and after `sops decrypt` became a command of its own.
      args: ['--decrypt', '--output-type', 'json', file!],
      read: (output) => valuesOf(output, ids),
    },
  ],

  explain(status, stderr) {
    if (status === 128 || /data key|no identity matched|no key could decrypt/i.test(stderr)) {
      return 'cannot be decrypted because the key is not here';
    }
    if (status === 2 || status === 100 || /no such file/i.test(stderr))
      return 'cannot be read because the file is not there';
    if (status === 51 || status === 52 || /mac mismatch/i.test(stderr))
      return 'cannot be trusted because the file was changed by hand';
    return gistOf(stderr) ?? endedWith(status);
  },
};

function valuesOf(output: string, ids: readonly string[]): KeeperAnswers {
  const document = parse(output);
  return new Map(ids.map((id) => [id, valueOf(document, id)]));
}

function valueOf(document: unknown, id: string): string | KeeperRefusal {
  let value = document;
  for (const step of id.split('/')) {
    const holder: unknown = Array.isArray(value) ? { ...(value as unknown[]) } : value;
    if (!isTree(holder) || !Object.hasOwn(holder, step)) return NOT_THERE;
    value = holder[step];
  }
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return new KeeperRefusal('is no text');
  return value === '' ? new KeeperRefusal('is empty') : value;
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output) as unknown;
  } catch {
    return undefined; // JSON.parse's own words would quote the secret
  }
}
