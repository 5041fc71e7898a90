import { mapSecrets, secretShape } from '../config/secret-shape.js';
import { settingsPath } from '../config/settings.js';
import { type Audited, type SecurityFinding, when } from '../config/security-check.js';
import { isTree } from '../config/tree.js';
import { isSensitiveName } from './audit/sensitive-name.js';
import { SecretsSettings } from './provider.settings.js';

/** Providers that look away, and one secret for several locks. */
export function secretChecks(audited: Audited): SecurityFinding[] {
  const { providers } = audited.loaded.snapshot.get(SecretsSettings);
  const careless = Object.entries(providers).flatMap(([alias, provider]) =>
    'allowInsecurePath' in provider && provider.allowInsecurePath ? [alias] : [],
  );
  const linked = Object.entries(providers).flatMap(([alias, provider]) =>
    provider.source === 'exec' && provider.allowSymlinkCommand && provider.trustedDirs.length === 0 ? [alias] : [],
  );
  return [
    ...when(
      [
        careless.length > 0,
        {
          code: 'secret_provider_insecure_path',
          severity: 'warn',
          title: 'Secrets come from a file or program that others may change',
          evidence: `allowInsecurePath of secrets.providers: ${careless.join(', ')}`,
          remedy: 'give the file or program to the user that runs the gateway, then remove allowInsecurePath',
        },
      ],
      [
        linked.length > 0,
        {
          code: 'secret_provider_any_link',
          severity: 'info',
          title: 'A program that gets secrets is a link, and may lead anywhere',
          evidence: `allowSymlinkCommand without trustedDirs of secrets.providers: ${linked.join(', ')}`,
          remedy: 'name the directories in trustedDirs that it may lead to',
        },
      ],
    ),
    ...reused(audited),
  ];
}

/** The same text in two places: whoever learns the one has the other. */
function reused({ loaded, settings }: Audited): SecurityFinding[] {
  const places = new Map<string, string[]>();
  for (const type of settings) {
    const at = settingsPath(type).split('.');
    const tree = at.reduceRight<object>((inner, key) => ({ [key]: inner }), loaded.snapshot.get(type));
    mapSecrets(tree, secretShape([type]), (value, keys, confidence) => {
      if (isTree(value) || Array.isArray(value)) return undefined;
      const isHeader = keys.at(-2) === 'headers' && !isSensitiveName(keys.at(-1)!);
      if (typeof value === 'string' && value.length >= 8 && confidence === 'secret' && !isHeader) {
        places.set(value, [...(places.get(value) ?? []), keys.join('.')]);
      }
      return { value };
    });
  }
  return [...places.values()]
    .filter((paths) => paths.length > 1)
    .map((paths) => ({
      code: 'reused_secret',
      severity: 'warn' as const,
      title: 'One secret opens several things',
      evidence: `the same text is in ${paths.join(' and ')}`,
      remedy: 'make one of its own for each',
    }));
}
