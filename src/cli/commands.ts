import type { CommandFile } from './command.js';

/** A command: its words, what it does, and the file that does it, loaded when it is called. */
export interface Entry {
  readonly path: string;
  readonly summary: string;
  readonly load: () => Promise<{ command: CommandFile }>;
}

const entry = (path: string, summary: string, load: Entry['load']): Entry => ({ path, summary, load });

/** Every command, in the order of the help. */
// prettier-ignore
export const COMMANDS: readonly Entry[] = [
  entry('gateway run',    'Start the gateway (also: doorward gateway)',         () => import('./gateway-run.js')),
  entry('gateway status', 'Show the state of a running gateway',                () => import('./status.js')),
  entry('gateway health', 'Ask whether a gateway is alive and ready',           () => import('./health.js')),
  entry('gateway call',   'Call one WebSocket method and print its result',     () => import('./gateway-call.js')),
  entry('status',         'Show the state of a running gateway',                () => import('./status.js')),
  entry('health',         'Ask whether a gateway is alive and ready',           () => import('./health.js')),
  entry('logs',           'Show the gateway\'s log',                            () => import('./logs.js')),
  entry('doctor',         'Look for what is not well, and say what to do',      () => import('./doctor.js')),
  entry('login',          'Sign in at a gateway: a page to open, a code to compare', () => import('./login.js')),
  entry('logout',         'Sign out at a gateway',                              () => import('./logout.js')),
  entry('auth status',    'Show as whom a gateway takes you, and until when',   () => import('./auth-status.js')),
  entry('auth explain',   'Explain why a request was let in or refused',        () => import('./auth-explain.js')),
  entry('devices list',   'List the devices that wait, and those that are paired', () => import('./devices-list.js')),
  entry('devices approve', 'Let a waiting device in',                           () => import('./devices-approve.js')),
  entry('devices reject', 'Turn a waiting device away',                         () => import('./devices-reject.js')),
  entry('devices invite', 'Print a link, with a QR code, that lets one device in', () => import('./devices-invite.js')),
  entry('devices rename', 'Give a device another name',                         () => import('./devices-rename.js')),
  entry('devices rotate', 'Replace the token of a device',                      () => import('./devices-rotate.js')),
  entry('devices revoke', 'End the token of a device, and its role',            () => import('./devices-revoke.js')),
  entry('devices remove', 'Take a device out of service',                       () => import('./devices-remove.js')),
  entry('nodes pending',  'List the nodes that wait to be let in',              () => import('./nodes-pending.js')),
  entry('nodes approve',  'Let a waiting node in',                              () => import('./nodes-approve.js')),
  entry('nodes reject',   'Turn a waiting node away',                           () => import('./nodes-reject.js')),
  entry('nodes status',   'List the nodes that are paired',                     () => import('./nodes-status.js')),
  entry('tokens create',  'Issue a gateway token and print it once',            () => import('./tokens-create.js')),
  entry('tokens list',    'List gateway tokens (never their values)',           () => import('./tokens-list.js')),
  entry('tokens rename',  'Give a gateway token another label',                 () => import('./tokens-rename.js')),
  entry('tokens revoke',  'Revoke a gateway token and close its connections',   () => import('./tokens-revoke.js')),
  entry('users list',     'List the people of a tenant, or its open invitations', () => import('./users-list.js')),
  entry('users show',     'Show one person',                                    () => import('./users-show.js')),
  entry('users invite',   'Ask somebody in, and print what to hand over',       () => import('./users-invite.js')),
  entry('users create',   'Write a person down without an invitation',          () => import('./users-create.js')),
  entry('users role',     'Give a person another role',                         () => import('./users-role.js')),
  entry('users suspend',  'Keep a person out, at once and everywhere',          () => import('./users-suspend.js')),
  entry('users activate', 'Lift the suspension of a person',                    () => import('./users-activate.js')),
  entry('users remove',   'Take a person out for good, or an invitation back',  () => import('./users-remove.js')),
  entry('tenants list',   'List all tenants',                                   () => import('./tenants-list.js')),
  entry('tenants create', 'Make a tenant, and ask its owner in',                () => import('./tenants-create.js')),
  entry('tenants rename', 'Give a tenant another name',                         () => import('./tenants-rename.js')),
  entry('tenants suspend', 'Keep a whole tenant out, at once and everywhere',   () => import('./tenants-suspend.js')),
  entry('tenants activate', 'Lift the suspension of a tenant',                  () => import('./tenants-activate.js')),
  entry('audit export',   'Print what happened, a row in each line',            () => import('./audit-export.js')),
  entry('audit verify',   'Find rows of the audit that were changed, taken out or put in', () => import('./audit-verify.js')),
  entry('keys status',    'Show the keys that secrets in the database are sealed with', () => import('./keys-status.js')),
  entry('keys rotate',    'Seal the secrets in the database with new keys',     () => import('./keys-rotate.js')),
  entry('security audit', 'Find what is allowed and not safe',                   () => import('./security-audit.js')),
  entry('secrets audit',  'Find secrets in plain text, and references that lead nowhere', () => import('./secrets-audit.js')),
  entry('secrets configure', 'Say who keeps which secret, in a conversation',     () => import('./secrets-configure.js')),
  entry('secrets apply',  'Put references where secrets stand, as a plan says', () => import('./secrets-apply.js')),
  entry('secrets resolver', 'Stand between the gateway and a keeper of secrets',  () => import('./secrets-resolver.js')),
  entry('secrets reload', 'Let the running gateway fetch its secrets anew',     () => import('./secrets-reload.js')),
  entry('models status',   'Show which model credentials are there, and how good', () => import('./models-status.js')),
  entry('models auth-status', 'Show which model credentials are there, and how good', () => import('./models-status.js')),
  entry('models list',     'List the models that agents ask',                     () => import('./models-list.js')),
  entry('models set',      'Say which model is asked first',                      () => import('./models-set.js')),
  entry('models auth add', 'Store a credential for a model provider',             () => import('./models-auth-add.js')),
  entry('models auth login', 'Sign in at a model provider',                       () => import('./models-auth-login.js')),
  entry('models auth setup-token', 'Store what `claude setup-token` prints',      () => import('./models-auth-setup-token.js')),
  entry('models auth paste-token', 'Store a token of any provider',               () => import('./models-auth-paste-token.js')),
  entry('models auth order get', 'Show in which order profiles are tried',        () => import('./models-auth-order-get.js')),
  entry('models auth order set', 'Store in which order profiles are tried',       () => import('./models-auth-order-set.js')),
  entry('models auth order clear', 'Forget the stored order',                     () => import('./models-auth-order-clear.js')),
  entry('agents list',     'List the agents, and what each has',                  () => import('./agents-list.js')),
  entry('agents add',      'Add an agent with credentials of its own',            () => import('./agents-add.js')),
  entry('agents remove',   'Take an agent away, and set aside what it had',       () => import('./agents-remove.js')),
  entry('config get',      'Show the configuration that holds, without its secrets', () => import('./config-get.js')),
  entry('config set',      'Write a setting into the config file',               () => import('./config-set.js')),
  entry('config unset',    'Take a setting out of the config file',              () => import('./config-unset.js')),
  entry('config file',     'Print the path of the config file',                  () => import('./config-file.js')),
  entry('config validate', 'Check the configuration as the gateway would',       () => import('./config-validate.js')),
  entry('config schema',   'Print what a config file may hold, as JSON Schema',  () => import('./config-schema.js')),
  entry('configure set',   'Write a setting into the config file',               () => import('./config-set.js')),
  entry('completion',     'Print a completion script for bash, zsh or fish',    () => import('./completion.js')),
];

/** What a word that only opens a group is about. */
export const GROUPS: Readonly<Record<string, string>> = {
  gateway: 'Run a gateway, or talk to one',
  agents: 'Agents: each with models and credentials of its own',
  audit: 'What happened: every sign-in, refusal and change, chained by hashes',
  auth: 'Who you are to a gateway, and why somebody came in or did not',
  config: 'The configuration of the gateway on this machine',
  configure: 'The same as config',
  devices: 'Devices: who waits, who is paired, and their tokens',
  models: 'Models of providers, and the credentials that open them',
  'models auth': 'The credentials of model providers',
  'models auth order': 'In which order the profiles of a provider are tried',
  nodes: 'Nodes: devices on which agents run things',
  users: 'People of a tenant: roles, invitations, suspensions',
  tenants: 'Tenants: customers of this installation, each apart from the others',
  keys: 'The keys that secrets in the database are sealed with',
  security: 'How safe this gateway is set up',
  secrets: 'Secrets: where they stand, and references in their place',
  tokens: 'Gateway tokens: of a person or a machine, in one tenant, until they expire',
};

/** Groups whose bare name is a command: `doorward gateway` runs it. */
export const DEFAULTS: Readonly<Record<string, string>> = { gateway: 'run' };
