import { spawn } from 'node:child_process';

type Variables = Readonly<Record<string, string | undefined>>;

/** How this machine opens a page for the person before it; undefined where there is no screen, as over ssh. */
function opener(platform: NodeJS.Platform, variables: Variables): readonly string[] | undefined {
  if (variables['SSH_CONNECTION'] || variables['SSH_TTY']) return undefined;
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return variables['DISPLAY'] || variables['WAYLAND_DISPLAY'] ? ['xdg-open'] : undefined;
}

/** Opens a page of the web in the browser, if it can. Never waits for it, and never fails: the address is printed too. */
export function openBrowser(page: string, variables: Variables, platform = process.platform): boolean {
  const [program, ...args] = opener(platform, variables) ?? [];
  // Only a page: the gateway names it, and other schemes start other programs.
  if (program === undefined || !URL.canParse(page) || !/^https?:$/.test(new URL(page).protocol)) return false;
  const child = spawn(program, [...args, new URL(page).href], { stdio: 'ignore', detached: true });
  child.on('error', () => {}); // no such program: then the person opens it
  child.unref();
  return true;
}
