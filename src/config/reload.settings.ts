import { IsIn, IsInt, Max, Min } from 'class-validator';
import { Settings } from './settings.js';

const RELOAD_MODES = ['hybrid', 'hot', 'restart', 'off'] as const;

/** Whether changed files are noticed. SIGHUP and `doorward secrets reload` always work. */
@Settings('gateway.reload')
export class ReloadSettings {
  /** `hybrid` and `hot`: the config file, `.env` and files of secrets are watched. `restart` and `off`: they are not. */
  @IsIn(RELOAD_MODES)
  mode: (typeof RELOAD_MODES)[number] = 'hybrid';

  /** How long a file must have been left alone, in milliseconds: editors write in several steps. */
  @IsInt()
  @Min(10)
  @Max(60_000)
  debounceMs = 300;
}
