/** Keeps the page for visits without a network, where it is served over http(s). */
export function keepOffline(): void {
  if (!location.protocol.startsWith("http") || !("serviceWorker" in navigator)) return;
  // Without it the page works as well, only not offline: private windows forbid it.
  navigator.serviceWorker.register("offline.js").catch(() => undefined);
}
