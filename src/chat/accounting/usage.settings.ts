import { IsInt, Max, Min } from 'class-validator';
import { Settings } from '../../config/settings.js';

/** The books of what models cost. */
@Settings('models.usage')
export class UsageSettings {
  /**
   * How long lines of usage are kept, in days; 0: for ever. A month can be compared with the same one a year before.
   * What budgets may still ask about, the running month, stays in any case.
   */
  @IsInt()
  @Min(0)
  @Max(36_500)
  retentionDays = 400;
}
