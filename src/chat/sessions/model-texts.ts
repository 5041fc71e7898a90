import type { ExplainedCandidate, Explanation } from '../../credentials/choice-explanation.js';
import { type ModelRef, modelRefText } from '../../credentials/model-ref.js';
import type { Session } from './session.js';
import type { MenuLine } from './session-models.js';

/** How much of the menu one answer shows; every number can be picked all the same. */
const MOST_LINES = 100;

/** What can be picked, as a person reads it. */
export function menuText(menu: readonly MenuLine[], current: ModelRef | undefined): string {
  if (menu.length === 0) return 'No model is configured. Name one as provider/model.';
  const now = current && modelRefText(current);
  const lines = menu.slice(0, MOST_LINES).map(({ number, ref, alias }) => {
    const text = modelRefText(ref);
    return `${number}. ${text}${alias === undefined ? '' : ` (${alias})`}${text === now ? ' ← this session' : ''}`;
  });
  const more = menu.length > MOST_LINES ? [`… and ${menu.length - MOST_LINES} more`] : [];
  return [...lines, ...more, 'Pick one with /model <number>; /model status says more.'].join('\n');
}

/** What `/model status` has to tell. Endpoint and candidates only for whoever may know them. */
export interface StatusText {
  readonly session: Pick<Session, 'agent' | 'model' | 'profile'>;
  readonly ref: ModelRef | undefined;
  readonly now: number;
  readonly dialect?: string;
  readonly endpoint?: string;
  readonly explanation?: Explanation;
}

export function statusText({ session, ref, now, dialect, endpoint, explanation }: StatusText): string {
  if (!ref) return `Agent ${session.agent} asks no model: none is configured.`;
  const why = session.model === null ? `default of agent ${session.agent}` : 'chosen for this session';
  const lines = [
    `Model: ${modelRefText(ref)} (${why})`,
    `Profile: ${session.profile === null ? 'by the order of the agent' : `${session.profile} (chosen for this session)`}`,
  ];
  if (dialect !== undefined) lines.push(`API: ${dialect}${endpoint === undefined ? '' : ` at ${endpoint}`}`);
  if (explanation) lines.push(...candidateLines(explanation, now));
  return lines.join('\n');
}

function candidateLines({ candidates, next, excluded }: Explanation, now: number): string[] {
  if (candidates.length === 0 && excluded.length === 0) return ['Credentials: none'];
  return [
    `Next: ${next ?? 'none'}`,
    'Credentials:',
    ...candidates.map((candidate) => `- ${candidateText(candidate, now)}`),
    ...excluded.map(({ profileId, why }) => `- profile ${profileId}: not used (${why.replaceAll('_', ' ')})`),
  ];
}

function candidateText({ name, type, block, unused }: ExplainedCandidate, now: number): string {
  const label = type === undefined ? name : `${name} [${type}]`;
  if (unused !== undefined) return `${label}: ${unused}`;
  if (!block) return label;
  const minutes = Math.max(1, Math.ceil((block.until - now) / 60_000));
  return `${label}: rests for ${minutes} min (${block.reason.replaceAll('_', ' ')})`;
}
