import { ControlUiSettings } from '../auth/own-origins.js';
import type { ConfigSnapshot } from '../config/settings.js';

/** The console's own pages, by the last part of their path; '' is its home. `ui/src/pages.tsx` has the same list. */
export const CONSOLE_PAGES = [
  '',
  'sign-in',
  'sign-up',
  'verify-email',
  'reset-password',
  'tokens',
  'sessions',
  'device',
] as const;

export type ConsolePage = (typeof CONSOLE_PAGES)[number];

/** The path below which the console stands, without a slash at its end: '' or `/console`. */
export const consoleBase = (config: ConfigSnapshot): string =>
  config.get(ControlUiSettings).basePath.replace(/\/$/, '');

/** The path of a page of the console: `/sign-in`, `/console/device`. What is secret goes behind `#`, never behind `?` (S191). */
export const consolePath = (config: ConfigSnapshot, page: ConsolePage = ''): string => `${consoleBase(config)}/${page}`;
