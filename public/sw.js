// Keeps the page working without a network: after one visit everything it consists of (the page,
// the worker, the sample) is in a cache of this origin, named for the build.
//
// Update: a new build's worker installs beside the old one and waits. The page says that an
// update is ready; when the person agrees it posts "skip-waiting", and reloads itself on
// `controllerchange`. Nothing reloads on its own while somebody looks at a trace.
//
// Only addresses of this scope are handled. Anything else is left alone: not answered, not kept.

// Both lines are filled in by the build (xtask/src/finish.rs): file name → SHA-256 of its bytes.
const BUILD = "dev";
const FILES = {};

const PREFIX = "etlens-";
const CACHE = PREFIX + BUILD;
// The build before this one stays, for a page that still runs it and must restart its worker.
const CACHES_KEPT = 2;

const scope = self.registration.scope;

// The address a file is kept under: its content is part of the name, so that an unchanged file
// is taken over from an older build instead of being loaded again.
function keyOf(name) {
  return new URL(name, scope).href + "?sha256=" + FILES[name];
}

function hex(bytes) {
  return Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
}

async function store(cache, name) {
  const key = keyOf(name);
  const known = await caches.match(key);
  if (known) return cache.put(key, known);
  const response = await fetch(new URL(name, scope), { cache: "no-cache" });
  if (!response.ok) throw new Error(`${name}: HTTP ${response.status}`);
  const body = await response.arrayBuffer();
  // A server in the middle of an upload may hand out files of two builds; such a mixture is
  // refused here, and the browser tries again later.
  if (hex(await crypto.subtle.digest("SHA-256", body)) !== FILES[name]) {
    throw new Error(`${name}: not of build ${BUILD}`);
  }
  const type = response.headers.get("Content-Type") || "application/octet-stream";
  const headers = { "Content-Type": type };
  // The page's own policy must hold offline too.
  const policy = response.headers.get("Content-Security-Policy");
  if (policy) headers["Content-Security-Policy"] = policy;
  return cache.put(key, new Response(body, { headers }));
}

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(Object.keys(FILES).map((name) => store(cache, name)));
}

async function activate() {
  const ours = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const old = ours.filter((name) => name !== CACHE);
  const kept = old.slice(old.length - (CACHES_KEPT - 1));
  await Promise.all(old.filter((name) => !kept.includes(name)).map((name) => caches.delete(name)));
  await self.clients.claim();
}

// The name of a file of this build, or null.
function nameOf(request) {
  const url = new URL(request.url);
  if (!url.href.startsWith(scope)) return null;
  const name = decodeURI(url.pathname.slice(new URL(scope).pathname.length));
  if (request.mode === "navigate" && (name === "" || name === "index.html")) return "index.html";
  return Object.hasOwn(FILES, name) ? name : null;
}

async function answer(request, name) {
  const kept = name
    ? await caches.match(keyOf(name))
    : await caches.match(request, { ignoreSearch: true });
  return kept || fetch(request);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  if (event.data === "skip-waiting") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  event.respondWith(answer(request, nameOf(request)));
});
