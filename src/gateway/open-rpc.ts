import { VERSION } from '../kernel/version.js';
import { ConnectParams } from './connect.params.js';
import type { JsonSchema } from '../config/rule-schema.js';
import { schemaOf } from './json-schema.js';
import type { MethodEntry } from './method-table.js';

/** An OpenRPC document (https://spec.open-rpc.org), as far as we fill it. */
export interface OpenRpc {
  readonly openrpc: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly methods: readonly OpenRpcMethod[];
}

interface OpenRpcMethod {
  readonly name: string;
  readonly summary?: string;
  readonly paramStructure: 'by-name';
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[];
  readonly result: { readonly name: string; readonly schema: JsonSchema };
  /** The scope that the caller must hold; `public` needs none beyond being connected. */
  readonly 'x-scope': string;
}

/** Not in the table, since it is no call of a connection: it makes one. */
const CONNECT = {
  name: 'connect',
  access: 'public',
  params: ConnectParams,
  summary: 'Comes first: who is calling.',
} as const;

/** The document of a method table. */
export function openRpc(entries: readonly MethodEntry[]): OpenRpc {
  return {
    openrpc: '1.3.2',
    info: { title: 'Doorward', version: VERSION },
    methods: [CONNECT, ...entries].map(methodOf),
  };
}

function methodOf({ name, summary, access, params }: Omit<MethodEntry, 'call'>): OpenRpcMethod {
  const { properties = {}, required = [] } = params ? schemaOf(params) : {};
  return {
    name,
    ...(summary !== undefined && { summary }),
    paramStructure: 'by-name',
    params: Object.entries(properties).map(([property, schema]) => ({
      name: property,
      required: required.includes(property),
      schema,
    })),
    result: { name: 'result', schema: {} },
    'x-scope': access,
  };
}
