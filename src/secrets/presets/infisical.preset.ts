import { BASICS, endedWith, gistOf, NOT_THERE, type Preset, refused, soleAnswer } from './preset.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** What is printed, with status 0, for a name that is not there. */
const NOT_FOUND = '*not found*';

/** `infisical secrets get --plain` prints the bare value of one secret. */
export const infisical: Preset = {
  name: 'infisical',
  title: 'Infisical',
  command: 'infisical',
  passEnv: [...BASICS, 'INFISICAL_TOKEN', 'INFISICAL_API_URL', 'INFISICAL_DOMAIN', 'INFISICAL_DISABLE_UPDATE_CHECK'],
  options: [
    {
      name: 'project',
      question: 'The id of the project?',
      pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/,
      rule: 'must be the id of a project, as its settings show it',
    },
    {
      name: 'environment',
      question: 'Which environment?',
      initial: 'prod',
      pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
      rule: 'must be the slug of an environment, such as prod',
    },
  ],
  ids: 'the name of a secret, with its folder before it: OPENAI_API_KEY, models/OPENAI_API_KEY',

  calls: (ids, { project, environment }) =>
    ids.map((id) => {
      const steps = id.split('/');
      const name = steps.pop()!;
      if (!NAME.test(name) || steps.includes(''))
        return refused(id, 'must be the name of a secret, with its folder before it');
      const place = [`--projectId=${project}`, `--env=${environment}`, `--path=/${steps.join('/')}`];
      return {
        ids: [id],
        args: ['secrets', 'get', name, '--plain', '--silent', ...place],
        read: (output) => (output.trim() === NOT_FOUND ? new Map([[id, NOT_THERE]]) : soleAnswer(id, output)),
      };
    }),

  explain(status, stderr) {
    if (/not found|does not exist/i.test(stderr)) return 'is not there';
    return gistOf(stderr) ?? endedWith(status);
  },
};
