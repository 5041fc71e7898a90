/** Raw notices from the database, and whether they arrive at all. */
export class Notices {
  private readonly listeners = new Set<(payload: string) => void>();
  private readonly gapListeners = new Set<() => void>();
  private isLive = false;
  private wasLive = false;

  get live(): boolean {
    return this.isLive;
  }

  tell(payload: string): void {
    for (const listener of this.listeners) listener(payload);
  }

  /** The channel is up. What was said while it was down was not heard, so coming back is a gap too. */
  up(): void {
    if (this.isLive) return;
    this.isLive = true;
    if (this.wasLive) this.gap();
    this.wasLive = true;
  }

  down(): void {
    if (!this.isLive) return;
    this.isLive = false;
    this.gap();
  }

  onNotice(listener: (payload: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onGap(listener: () => void): () => void {
    this.gapListeners.add(listener);
    return () => this.gapListeners.delete(listener);
  }

  private gap(): void {
    for (const listener of this.gapListeners) listener();
  }
}
