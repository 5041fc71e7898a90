import { record } from './answers.js';
import type { CommandFile } from './command.js';
import { GatewayClient } from './gateway-client.js';
import { table } from './table.js';
import { addTargetOptions, findTarget, requireCredential, type TargetOptions } from './target.js';
import { word } from './terminal.js';

interface Options extends TargetOptions {
  readonly json?: boolean;
}

/** The keys that secrets in the database are sealed with: by id, never what they are. */
export const command: CommandFile<Options> = {
  examples: ['doorward keys status', 'doorward keys status --json'],

  describe: addTargetOptions,

  async run({ options, world }) {
    const client = new GatewayClient(requireCredential(await findTarget(options, world)));
    const answer = record(await client.get('/api/v1/keys'));
    if (options.json) return world.terminal.json(answer);
    const { id, from } = record(answer['encryptionKey']);
    world.terminal.result(`Encryption key ${word(id)}, from the ${word(from)}`);
    const keys = (Array.isArray(answer['dataKeys']) ? answer['dataKeys'] : []).map(record);
    if (keys.length === 0) return world.terminal.say('Nothing is sealed with a data key yet.');
    const rows = keys.map((key) => [
      word(key['id']),
      key['isCurrent'] === true ? 'seals' : 'retired',
      key['canBeOpened'] === true ? 'yes' : 'NO',
      word(key['sealed']),
      word(key['createdAt']),
    ]);
    world.terminal.result(table(['DATA KEY', 'STATE', 'OPENS', 'AGENTS', 'MADE'], rows));
    const isUnfinished = keys.some(({ isCurrent, sealed }) => isCurrent !== true && Number(sealed) > 0);
    if (isUnfinished) world.terminal.say('A rotation was cut short. Finish it with: doorward keys rotate');
  },
};
