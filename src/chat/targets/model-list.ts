import { modelRefText } from '../../credentials/model-ref.js';
import type { Catalogue } from './catalogue.js';
import { modelTarget } from './model-target.js';

/** What may be named as `model`. */
export interface ModelName {
  readonly id: string;
  /** `doorward` for an agent, else the provider. */
  readonly owner: string;
}

/** Everything that a tenant may call by name: the default agent first, its other agents, then models. */
export function modelList(catalogue: Catalogue): ModelName[] {
  const agents = catalogue.agents().map(({ id }) => `openclaw/${id}`);
  const names = catalogue.defaultAgent ? ['openclaw', 'openclaw/default', ...agents] : agents;
  return [
    ...[...new Set(names)].map((id) => ({ id, owner: 'doorward' })),
    ...catalogue.models().map((ref) => ({ id: modelRefText(ref), owner: ref.provider })),
  ];
}

/** One of them, or another name for the same. Throws as `modelTarget` does. */
export function modelNamed(id: string, catalogue: Catalogue): ModelName {
  const listed = modelList(catalogue).find((name) => name.id === id);
  if (listed) return listed;
  const { models } = modelTarget({ model: id }, catalogue);
  const isModel = catalogue.find(id).length > 0;
  return { id, owner: isModel ? models[0]!.provider : 'doorward' };
}
