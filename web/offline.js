// The service worker: the page's files are stored at the first visit and served from there without a network.
// Files are asked for from the network first, so that a new version is seen at once.
const STORE = "stepnet-lab";
const FILES = ["./", "index.html", "page.js", "style.css", "worker.js", "stepnet_web_bg.wasm"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function answer(request) {
  const store = await caches.open(STORE);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await store.put(request, fresh.clone());
    return fresh;
  } catch (failure) {
    const stored = await store.match(request, { ignoreSearch: true });
    if (stored) return stored;
    throw failure;
  }
}

self.addEventListener("fetch", (event) => {
  const own = new URL(event.request.url).origin === self.location.origin;
  if (own && event.request.method === "GET") event.respondWith(answer(event.request));
});
