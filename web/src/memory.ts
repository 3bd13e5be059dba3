/** Settings that outlast a visit. Storage may be forbidden (file://, private windows): then nothing is kept. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`stepnet-${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`stepnet-${key}`, value);
  } catch {
    // The choice holds until the page is closed.
  }
}
