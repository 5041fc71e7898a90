import { BASICS, endedWith, gistOf, type Preset, refused, soleAnswer } from './preset.js';

/** `op`, the command line of 1Password: `op read` prints what a secret reference names. */
export const onePassword: Preset = {
  name: '1password',
  title: '1Password (op)',
  command: 'op',
  passEnv: [
    ...BASICS,
    'OP_SERVICE_ACCOUNT_TOKEN',
    'OP_CONNECT_HOST',
    'OP_CONNECT_TOKEN',
    'OP_ACCOUNT',
    'OP_CONFIG_DIR',
  ],
  options: [],
  ids: 'vault/item/field or vault/item/section/field, by name or unique id: Personal/openai/credential',

  calls: (ids) =>
    ids.map((id) => {
      const path = id.replace(/^op:\/\//, '');
      const steps = path.split('/');
      if (steps.length < 3 || steps.length > 4 || steps.includes('')) {
        return refused(id, 'must be written vault/item/field or vault/item/section/field');
      }
      return { ids: [id], args: ['read', '--no-newline', `op://${path}`], read: (output) => soleAnswer(id, output) };
    }),

  explain(status, stderr) {
    if (/isn't an item|isn't a vault|could not find|does not have a field|no item matched|not found/i.test(stderr))
      return 'is not there';
    return gistOf(stderr) ?? endedWith(status);
  },
};
