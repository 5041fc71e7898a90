import { isTree, type Tree } from '../../config/tree.js';
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

interface KvProgram {
  readonly name: string;
  readonly title: string;
  readonly command: string;
  /** What its variables begin with: `VAULT_ADDR`. */
  readonly prefixes: readonly string[];
}

const VARIABLES = ['ADDR', 'TOKEN', 'NAMESPACE', 'CACERT', 'CAPATH', 'CLIENT_CERT', 'CLIENT_KEY', 'TLS_SERVER_NAME'];

/** The key-value store of Vault and its kin: `kv get -format=json` prints a whole entry, of which an id names one field. */
function kvPreset({ name, title, command, prefixes }: KvProgram): Preset {
  return {
    name,
    title,
    command,
    passEnv: [...BASICS, ...prefixes.flatMap((prefix) => VARIABLES.map((variable) => `${prefix}_${variable}`))],
    options: [
      {
        name: 'mount',
        question: 'Where is the key-value store mounted?',
        initial: 'secret',
        pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/,
        rule: 'must be the path of a mount, such as secret',
      },
    ],
    ids: 'path#field, below the mount: openclaw/openai#apiKey (without # the last step is the field)',

    calls(ids, { mount }) {
      const entries = new Map<string, Map<string, string>>();
      const strange = ids.filter((id) => {
        const [path, field] = split(id);
        if (path === '' || field === '') return true;
        entries.set(path, (entries.get(path) ?? new Map<string, string>()).set(id, field));
        return false;
      });
      return [
        ...strange.map((id) => refused(id, 'must be written as a path with a field')),
        // One entry is read once, however many of its fields are wanted.
        ...[...entries].map(([path, fields]) => ({
          ids: [...fields.keys()],
          args: ['kv', 'get', '-format=json', `-mount=${mount}`, path],
          read: (output: string) => fieldsOf(output, fields),
        })),
      ];
    },

    // 1: the program itself was asked wrongly; 2: the server said no.
    explain(status, stderr) {
      if (/no value found/i.test(stderr)) return 'is not there';
      return gistOf(stderr) ?? endedWith(status);
    },
  };
}

/** `openclaw/openai#apiKey`, and `openclaw/openai/apiKey` as the family writes it. */
function split(id: string): [path: string, field: string] {
  const at = id.includes('#') ? id.lastIndexOf('#') : id.lastIndexOf('/');
  return at < 0 ? ['', ''] : [id.slice(0, at).replace(/\/+$/, ''), id.slice(at + 1)];
}

function fieldsOf(output: string, fields: ReadonlyMap<string, string>): KeeperAnswers {
  const entry = entryOf(output);
  return new Map([...fields].map(([id, field]) => [id, valueOf(entry, field)]));
}

function valueOf(entry: Tree | undefined, field: string): string | KeeperRefusal {
  const value = entry && Object.hasOwn(entry, field) ? entry[field] : undefined;
  if (value === undefined) return NOT_THERE;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return new KeeperRefusal('is no text');
  return value === '' ? new KeeperRefusal('is empty') : value;
}

/** Version 2 of the store wraps the entry in `data.data`, beside `data.metadata`; version 1 has it in `data`. */
function entryOf(output: string): Tree | undefined {
  const { data } = parse(output);
  if (!isTree(data)) return undefined;
  const isVersion2 = isTree(data['metadata']) && 'data' in data;
  if (!isVersion2) return data;
  return isTree(data['data']) ? data['data'] : undefined; // null: this version of the entry was deleted
}

function parse(output: string): Tree {
  try {
    const parsed: unknown = JSON.parse(output);
    return isTree(parsed) ? parsed : {};
  } catch {
    return {}; // JSON.parse's own words would quote the secret
  }
}

export const vault = kvPreset({ name: 'vault', title: 'HashiCorp Vault', command: 'vault', prefixes: ['VAULT'] });

/** The fork of Vault; it reads the variables of both. */
export const openbao = kvPreset({ name: 'openbao', title: 'OpenBao', command: 'bao', prefixes: ['BAO', 'VAULT'] });
