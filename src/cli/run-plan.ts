import type { ApplyOptions, ApplyReport } from '../credentials/plan/apply-plan.js';
import type { SecretPlan } from '../secrets/plan/plan.js';
import { CliError } from './cli-error.js';
import type { World } from './command.js';

/** Carries a plan out on this machine. Throws CliError with all that is wrong, of the plan or of what would come of it. */
export async function runPlan(plan: () => SecretPlan, world: World, options: ApplyOptions): Promise<ApplyReport> {
  const [{ applyPlan }, parts] = await Promise.all([import('../credentials/plan/apply-plan.js'), world.gatewayParts()]);
  try {
    return await applyPlan(plan(), { variables: world.environment, parts }, options);
  } catch (error) {
    if (!(error instanceof Error) || !REFUSALS.has(error.name)) throw error;
    throw new CliError(`nothing was changed, for the plan cannot be carried out:\n${error.message}`, {
      code: 'plan_refused',
    });
  }
}

/** By their names, so that what is heavy is not loaded for a look. */
const REFUSALS = new Set(['PlanRefused', 'ConfigError', 'EditRefused']);
