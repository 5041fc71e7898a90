import { setTimeout as pause } from 'node:timers/promises';

/** Waits for what announces itself by no event. Fails after `ms` milliseconds, saying what it waited for. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await pause(5)) {
    if (await holds()) return;
  }
  throw new Error(`waited ${ms} ms in vain for: ${what}`);
}
