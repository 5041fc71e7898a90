import { parseConfigPath } from '../../config/edit/config-path.js';
import { WrongReference } from '../../config/secret-source.js';
import { isTree, type Tree } from '../../config/tree.js';
import type { FieldError } from '../../kernel/errors.js';
import { ALIAS, ALIAS_RULE, readSecretRef, type SecretRef } from '../secret-ref.js';
import {
  isProfileTarget,
  type PlanOptions,
  PlanRefused,
  PROFILE_TYPES,
  type PlanTarget,
  type SecretPlan,
} from './plan.js';

const MOST = { bytes: 16 * 1024 * 1024, targets: 4096 } as const;
const FORBIDDEN = new Set(['__proto__', 'prototype', 'constructor']);
const KEYS = new Set([
  'version',
  'protocolVersion',
  'generatedAt',
  'generatedBy',
  'targets',
  'providerUpserts',
  'providerDeletes',
  'options',
]);
const TARGET_KEYS = new Set([
  'type',
  'path',
  'pathSegments',
  'providerId',
  'accountId',
  'agentId',
  'authProfileProvider',
  'ref',
]);

/** Takes a plan in. Throws PlanRefused with everything that is wrong with its form; whether it fits the files is asked later. */
export function parsePlan(text: string): SecretPlan {
  if (text.length > MOST.bytes) throw refusal('plan', 'is larger than 16 MiB');
  const tree = treeOf(text);
  const errors: FieldError[] = [];
  const wrong = (path: string, message: string): void => void errors.push({ path, message });

  for (const key of Object.keys(tree)) if (!KEYS.has(key)) wrong(key, 'is no part of a plan; remove it');
  if (tree['version'] !== 1) wrong('version', 'must be 1');
  if (tree['protocolVersion'] !== undefined && tree['protocolVersion'] !== 1) wrong('protocolVersion', 'must be 1');
  const { targets = [], providerUpserts = {}, providerDeletes = [], options = {} } = tree;
  const plan: SecretPlan = {
    targets: listIn(targets, 'targets', wrong).flatMap((target, i) => targetIn(target, `targets[${i}]`, wrong)),
    providerUpserts: upsertsIn(providerUpserts, wrong),
    providerDeletes: listIn(providerDeletes, 'providerDeletes', wrong).flatMap((alias, i) =>
      aliasIn(alias, `providerDeletes[${i}]`, wrong),
    ),
    options: optionsIn(options, wrong),
  };
  refuseTwice(plan.targets, wrong);
  if (errors.length > 0) throw new PlanRefused(errors);
  return plan;
}

type Wrong = (path: string, message: string) => void;

function targetIn(target: unknown, at: string, wrong: Wrong): PlanTarget[] {
  if (!isTree(target)) return (wrong(at, 'must be an object'), []);
  for (const key of Object.keys(target))
    if (!TARGET_KEYS.has(key)) wrong(`${at}.${key}`, 'is no part of a target; remove it');
  const { type, agentId, authProfileProvider } = target;
  const keys = keysIn(target, at, wrong);
  const ref = refIn(target['ref'], `${at}.ref`, wrong);
  if (typeof type !== 'string' || type === '')
    wrong(`${at}.type`, 'must name the kind of place, such as models.providers.*.apiKey');
  if (!keys || !ref || typeof type !== 'string') return [];

  const isProfile = isProfileTarget({ type });
  if (isProfile && typeof agentId !== 'string')
    wrong(`${at}.agentId`, 'must say whose profiles; the first agent is "main"');
  if (!isProfile && agentId !== undefined) wrong(`${at}.agentId`, 'is for profiles of an agent; remove it');
  if (isProfile) refuseOtherProfilePath(type as keyof typeof PROFILE_TYPES, keys, at, wrong);
  const named = target['providerId'] ?? target['accountId'];
  if (named !== undefined && !keys.includes(named as string))
    wrong(at, 'has a providerId or accountId that its path does not name');
  return [
    {
      type,
      keys,
      path: keys.join('.'),
      ref,
      ...(typeof agentId === 'string' && { agentId }),
      ...(typeof authProfileProvider === 'string' && { authProfileProvider }),
    },
  ];
}

function keysIn({ path, pathSegments, type }: Tree, at: string, wrong: Wrong): readonly string[] | undefined {
  if (typeof path !== 'string' || path === '')
    return (wrong(`${at}.path`, 'must be the path of a secret, such as gateway.auth.token'), undefined);
  const keys = pathSegments === undefined ? keysOf(path, type) : pathSegments;
  const isList = Array.isArray(keys) && keys.length > 0 && keys.every((key) => typeof key === 'string' && key !== '');
  if (!isList)
    return (
      wrong(`${at}.${pathSegments === undefined ? 'path' : 'pathSegments'}`, 'must name the keys, one each'),
      undefined
    );
  const segments = keys as readonly string[];
  if (pathSegments !== undefined && segments.join('.') !== path)
    return (wrong(`${at}.pathSegments`, 'must be the keys of path'), undefined);
  const forbidden = segments.find((key) => FORBIDDEN.has(key));
  if (forbidden !== undefined) return (wrong(`${at}.path`, 'has a key that no file may have; correct it'), undefined);
  return segments;
}

/** Ids of profiles hold dots and at signs: of those, only the first and the last key are told by dots. */
function keysOf(path: string, type: unknown): readonly string[] | undefined {
  const profile = typeof type === 'string' && isProfileTarget({ type }) && /^profiles\.(.+)\.([^.]+)$/.exec(path);
  return profile ? ['profiles', profile[1]!, profile[2]!] : parseConfigPath(path);
}

function refuseOtherProfilePath(
  type: keyof typeof PROFILE_TYPES,
  keys: readonly string[],
  at: string,
  wrong: Wrong,
): void {
  const { field } = PROFILE_TYPES[type];
  if (keys.length === 3 && keys[0] === 'profiles' && keys[2] === field) return;
  wrong(`${at}.path`, `must be profiles.<id>.${field} for a target of type ${type}`);
}

function refIn(value: unknown, at: string, wrong: Wrong): SecretRef | undefined {
  const ref = typeof value === 'object' ? readSecretRef(value) : undefined;
  if (ref !== undefined && !(ref instanceof WrongReference)) return ref;
  return (wrong(at, ref?.message ?? 'must be a reference: { source, provider, id }'), undefined);
}

function upsertsIn(value: unknown, wrong: Wrong): Record<string, unknown> {
  if (!isTree(value)) return (wrong('providerUpserts', 'must be an object of providers by alias'), {});
  const entries = Object.entries(value).filter(([alias, provider]) => {
    if (!ALIAS.test(alias)) wrong('providerUpserts', `an alias ${ALIAS_RULE}`);
    else if (!isTree(provider)) wrong(`providerUpserts.${alias}`, 'must be an object, as in secrets.providers');
    else return true;
    return false;
  });
  return Object.fromEntries(entries);
}

function aliasIn(alias: unknown, at: string, wrong: Wrong): string[] {
  if (typeof alias === 'string' && ALIAS.test(alias)) return [alias];
  return (wrong(at, ALIAS_RULE), []);
}

const OPTIONS = ['scrubEnv', 'scrubAuthProfilesForProviderTargets', 'scrubLegacyAuthJson'] as const;

/** What is not said is done, as the family has it. */
function optionsIn(value: unknown, wrong: Wrong): PlanOptions {
  const given = isTree(value) ? value : (wrong('options', 'must be an object'), {});
  for (const key of Object.keys(given))
    if (!OPTIONS.includes(key as (typeof OPTIONS)[number])) wrong(`options.${key}`, 'is no option; remove it');
  const read = OPTIONS.map((name) => {
    const option = given[name] ?? true;
    if (typeof option !== 'boolean') wrong(`options.${name}`, 'must be true or false');
    return [name, option === true];
  });
  return Object.fromEntries(read) as unknown as PlanOptions;
}

function listIn(value: unknown, at: string, wrong: Wrong): readonly unknown[] {
  if (!Array.isArray(value)) return (wrong(at, 'must be a list'), []);
  if (value.length > MOST.targets) return (wrong(at, `must have at most ${MOST.targets} entries`), []);
  return value as unknown[];
}

function refuseTwice(targets: readonly PlanTarget[], wrong: Wrong): void {
  const seen = new Set<string>();
  for (const { agentId = '', keys, path } of targets) {
    const place = JSON.stringify([agentId, ...keys]);
    if (seen.has(place)) wrong(path, 'is there twice; keep one of them');
    seen.add(place);
  }
}

function treeOf(text: string): Tree {
  let tree: unknown;
  try {
    tree = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw refusal('plan', 'is no JSON; write it with: doorward secrets configure --plan-out plan.json');
  }
  if (!isTree(tree)) throw refusal('plan', 'holds no object');
  return tree;
}

const refusal = (path: string, message: string): PlanRefused => new PlanRefused([{ path, message }]);
