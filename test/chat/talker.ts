import {
  type Closed,
  connected,
  type Frame,
  type OpenOptions,
  type Place,
  type Speech,
  type WsClient,
} from '../helpers/ws-client.js';

/** What an event `chat` says. */
export interface Heard {
  readonly runId: string;
  readonly sessionKey: string;
  readonly agentId: string;
  readonly seq: number;
  readonly state: 'delta' | 'final' | 'aborted' | 'error';
  readonly deltaText?: string;
  readonly message?: { readonly role: string; readonly content: readonly { readonly text: string }[] };
  readonly errorMessage?: string;
  readonly errorKind?: string;
  readonly stopReason?: string;
  readonly usage?: Frame;
}

export const textOf = ({ message }: Pick<Heard, 'message'>): string =>
  (message?.content ?? []).map(({ text }) => text).join('');

/** A person at a real socket, in either dialect: calls and their answers, and what is heard in between. */
export class Talker {
  readonly heard: Heard[] = [];
  private readonly answers = new Map<string, (frame: Frame) => void>();
  private readonly watching = new Set<() => void>();
  private calls = 1;

  private constructor(
    private readonly client: WsClient,
    private readonly speech: Speech,
    readonly hello: Frame,
  ) {
    void this.listen();
  }

  static async at(place: Place, speech: Speech, token?: string, options: OpenOptions & { params?: object } = {}) {
    const { params, ...rest } = options;
    const auth = token === undefined ? {} : { auth: { token } };
    const { client, hello } = await connected(place, speech, { ...auth, ...params }, rest);
    return new Talker(client, speech, hello);
  }

  get closed(): Promise<Closed> {
    return this.client.closed;
  }

  /** The frame that answers, whatever it says. */
  call(method: string, params: object): Promise<Frame> {
    this.calls += 1;
    const id = this.calls;
    const answer = new Promise<Frame>((resolve) => this.answers.set(String(id), resolve));
    this.client.send(this.speech.call(id, method, params));
    return answer;
  }

  /** What a call results in. Fails the test when it is refused. */
  async ask(method: string, params: object): Promise<Frame> {
    const frame = await this.call(method, params);
    const result: Frame = this.speech.result(frame);
    if (result === undefined) throw new Error(`${method} was refused: ${JSON.stringify(frame)}`);
    return result;
  }

  /** What a call is refused with. */
  async refused(method: string, params: object): Promise<{ code: string; message: string; details?: Frame }> {
    const frame = await this.call(method, params);
    if (frame?.error === undefined) throw new Error(`${method} was not refused: ${JSON.stringify(frame)}`);
    return this.speech.failure(frame);
  }

  /** Says something in a session; resolves with the name of the run. */
  async say(sessionKey: string, message: string, more: object = {}): Promise<string> {
    const { runId } = (await this.ask('chat.send', { sessionKey, message, ...more })) as { runId: string };
    return runId;
  }

  /** Says something and resolves with the last event of its run. */
  async talk(sessionKey: string, message: string, more: object = {}): Promise<Heard> {
    return this.end(await this.say(sessionKey, message, more));
  }

  of(runId: string): Heard[] {
    return this.heard.filter((event) => event.runId === runId);
  }

  /** The event that ends a run. */
  end(runId: string): Promise<Heard> {
    return this.until((event) => event.runId === runId && event.state !== 'delta');
  }

  /** The first event that is so, heard already or not. */
  until(holds: (event: Heard) => boolean): Promise<Heard> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.heard.find(holds);
        if (!found) return;
        this.watching.delete(look);
        resolve(found);
      };
      this.watching.add(look);
      look();
    });
  }

  close(): void {
    this.client.close();
  }

  private async listen(): Promise<void> {
    for (let frame: Frame = await this.client.next(); frame !== undefined; frame = await this.client.next()) {
      const event = frame.event ?? frame.method;
      if (event === 'chat') this.hear((frame.payload ?? frame.params) as Heard);
      else if (event === undefined) this.answers.get(String(frame.id))?.(frame);
    }
  }

  private hear(event: Heard): void {
    this.heard.push(event);
    for (const look of this.watching) look();
  }
}
