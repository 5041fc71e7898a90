import { type Command, InvalidArgumentError } from 'commander';

/** How profiles are probed. */
export interface ProbeFlags {
  readonly probeProvider?: readonly string[];
  readonly probeProfile?: readonly string[];
  readonly probeTimeout: number;
  readonly probeConcurrency: number;
  readonly probeMaxTokens: number;
}

/** As given, one after the other or divided by commas. */
const listed = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
];

/** Adds the flags of `--probe`. Numbers are bounded: a probe costs money and time. */
export function addProbeOptions(command: Command): void {
  const from =
    (least: number, most: number) =>
    (text: string): number => {
      const value = /^\d{1,7}$/.test(text) ? Number(text) : NaN;
      if (value >= least && value <= most) return value;
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    };
  command
    .option('--probe-provider <id>', 'only profiles of this provider (more than once, or divided by commas)', listed)
    .option('--probe-profile <id>', 'only this profile (more than once, or divided by commas)', listed)
    .option('--probe-timeout <ms>', 'how long one answer may take', from(100, 120_000), 8000)
    .option('--probe-concurrency <n>', 'how many are asked at once', from(1, 16), 2)
    .option('--probe-max-tokens <n>', 'how long an answer may be', from(1, 1024), 8);
}
