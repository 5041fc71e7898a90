import {
  BASICS,
  endedWith,
  gistOf,
  type KeeperAnswers,
  KeeperRefusal,
  NOT_THERE,
  type Preset,
  refused,
} from './preset.js';

/** `pass`, the password store: the first line of an entry is the password, others may be `name: value`. */
export const pass: Preset = {
  name: 'pass',
  title: 'pass (the password store)',
  command: 'pass',
  passEnv: [...BASICS, 'GNUPGHOME', 'GPG_AGENT_INFO', 'GPG_TTY', 'PASSWORD_STORE_DIR', 'PASSWORD_STORE_GPG_OPTS'],
  options: [],
  ids: 'the name of an entry, its first line: models/openai (or models/openai#user for the line "user: …")',

  calls: (ids) =>
    ids.map((id) => {
      const [name, field] = id.split('#') as [string, string | undefined];
      if (name === '' || field === '') return refused(id, 'must be the name of an entry');
      return { ids: [id], args: ['show', name], read: (output) => lineOf(id, output, field) };
    }),

  explain(status, stderr) {
    if (/is not in the password store/i.test(stderr)) return 'is not there';
    if (/decryption failed|no secret key|no pinentry|inappropriate ioctl/i.test(stderr))
      return 'cannot be decrypted because the key is locked or not here';
    return gistOf(stderr) ?? endedWith(status);
  },
};

function lineOf(id: string, output: string, field: string | undefined): KeeperAnswers {
  const lines = output.split(/\r?\n/);
  if (field === undefined) {
    const first = lines[0]!;
    return new Map([[id, first === '' ? new KeeperRefusal('is empty') : first]]);
  }
  const line = lines.slice(1).find((one) => one.toLowerCase().startsWith(`${field.toLowerCase()}:`));
  const value = line?.slice(field.length + 1).trim();
  return new Map([[id, value ? value : NOT_THERE]]);
}
