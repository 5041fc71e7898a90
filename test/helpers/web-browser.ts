import { request as httpRequest } from 'node:http';

/** What a page brought: the last answer of a chain of redirects, and where it came from. */
export interface PageAnswer {
  readonly status: number;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly attributes: string;
}

/** As much of a browser as a sign-in needs: it follows redirects, and keeps cookies by host, port and path. */
export class WebBrowser {
  /** Every address that it asked for, in order. */
  readonly visited: URL[] = [];
  private readonly jars = new Map<string, Map<string, Cookie>>();

  /** `stopAt` ends the walk before an address is asked for: that redirect is the answer then. */
  async visit(address: string | URL, stopAt: (url: URL) => boolean = () => false): Promise<PageAnswer> {
    let url = new URL(address);
    for (let hops = 0; hops < 20; hops++) {
      const answer = await this.ask(url);
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || typeof location !== 'string') return answer;
      const next = new URL(location, url);
      if (stopAt(next)) return { ...answer, url: next };
      url = next;
    }
    throw new Error(`redirected without end: ${url.href}`);
  }

  /** The cookie of a place, with its attributes as they were set. */
  cookie(origin: string, name: string): Cookie | undefined {
    return this.jars.get(new URL(origin).host)?.get(name);
  }

  /** Forgets the cookies of a place. */
  forget(origin: string): void {
    this.jars.delete(new URL(origin).host);
  }

  ask(url: URL, method = 'GET', headers: Readonly<Record<string, string>> = {}, body?: string): Promise<PageAnswer> {
    this.visited.push(url);
    const cookies = this.cookiesFor(url);
    const sent = { ...headers, accept: 'text/html', ...(cookies !== '' && { cookie: cookies }) };
    return new Promise((resolve, reject) => {
      const request = httpRequest(url, { method, agent: false, headers: sent }, (response) => {
        this.keep(url, response.headers['set-cookie'] ?? []);
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode!, url, headers: response.headers, text }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  private cookiesFor({ host, pathname }: URL): string {
    const all = [...(this.jars.get(host) ?? [])].filter(([, { path }]) => pathname.startsWith(path));
    return all.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  private keep({ host }: URL, lines: readonly string[]): void {
    const jar = this.jars.get(host) ?? new Map<string, Cookie>();
    this.jars.set(host, jar);
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair!.indexOf('=');
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      const isGone = attributes.some(
        (attribute) => /^max-age=0$/i.test(attribute) || /expires=.*1970/i.test(attribute),
      );
      if (isGone) jar.delete(pair!.slice(0, at));
      else jar.set(pair!.slice(0, at), { value: pair!.slice(at + 1), path, attributes: attributes.join('; ') });
    }
  }
}
