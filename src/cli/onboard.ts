import { wrongUsage } from './cli-error.js';
import type { CommandFile, World } from './command.js';
import { Conversation } from './conversation.js';
import { Draft } from './onboard/draft.js';
import { gatewayAnswers, tailscaleAnswer } from './onboard/gateway-answers.js';
import { houseKeyAnswer } from './onboard/house-key.js';
import { modelAnswers } from './onboard/model-answers.js';
import { addOnboardOptions, checkOptions, type OnboardOptions } from './onboard/options.js';
import { report } from './onboard/report.js';
import { openScene } from './onboard/scene.js';
import { write } from './onboard/write.js';
import { canAsk } from './prompt.js';

/** The first set-up of a gateway: asks, or takes flags, and writes everything at once in the end (contract section 9). */
export const command: CommandFile<OnboardOptions> = {
  examples: [
    'doorward onboard',
    'doorward onboard --non-interactive --port 18790',
    'doorward onboard --non-interactive --bind lan --gateway-token-file /run/secrets/gateway-token',
    'doorward onboard --non-interactive --mode modify --gateway-token-ref-env HOUSE_TOKEN --auth-choice openai --model-key-ref-env OPENAI_API_KEY --model openai/gpt-5',
  ],

  describe: addOnboardOptions,

  async run({ options, world }) {
    checkOptions(options);
    if (options.nonInteractive) return onboard(options, undefined, world);
    if (!canAsk(world)) {
      throw wrongUsage(
        'onboard asks questions, and standard input is no terminal',
        'Give the answers as flags: doorward onboard --non-interactive (doorward onboard --help lists them).',
      );
    }
    const talk = new Conversation(world);
    try {
      await onboard(options, talk, world);
    } finally {
      talk.end();
    }
  },
};

async function onboard(options: OnboardOptions, talk: Conversation | undefined, world: World): Promise<void> {
  const draft = new Draft(await openScene(options, talk, world));
  await gatewayAnswers(draft, options, talk);
  await houseKeyAnswer(draft, options, talk, world);
  await tailscaleAnswer(draft, options, talk);
  const model = await modelAnswers(draft, options, talk, world);
  report(draft, await write(draft, model, world), options.json === true, world);
}
