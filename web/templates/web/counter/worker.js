{% load static %}/* Answers for the counter's pages while there is no network: with the page that works without. It keeps no person's data. */
"use strict";

const STORE = "antarktp-counter-1";
const PAGE = "{% url 'web:offline' %}";
const PARTS = [
  "{% static 'web/vendor/bootstrap.min.css' %}", "{% static 'web/site.css' %}", "{% static 'web/counter.css' %}",
  "{% static 'web/site.js' %}", "{% static 'web/vendor/htmx.min.js' %}", "{% static 'web/offline.js' %}",
  "{% static 'web/vendor/icons.svg' %}", "{% static 'web/mark.svg' %}",
];
const PATIENCE = 5000; // milliseconds until a network that does not answer counts as none

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

async function fill() {
  const store = await caches.open(STORE);
  await store.addAll(PARTS);
  const page = await fetch(PAGE, { credentials: "same-origin" });
  if (page.ok && !page.redirected) await store.put(PAGE, page);
}

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("antarktp-counter-") && name !== STORE);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (PARTS.includes(address.pathname)) event.respondWith(fromNetwork(event.request, address.pathname));
  else if (event.request.mode === "navigate" || address.pathname === PAGE) event.respondWith(pageFor(event.request, address));
});

async function fromNetwork(request, name) {
  const store = await caches.open(STORE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await store.put(name, answer.clone());
    return answer;
  } catch (failure) {
    const kept = await store.match(name);
    if (kept) return kept;
    throw failure;
  }
}

async function pageFor(request, address) {
  const store = await caches.open(STORE);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { signal: giveUp.signal });
    if (answer.ok && !answer.redirected && address.pathname === PAGE) await store.put(PAGE, answer.clone());
    return answer;
  } catch (failure) {
    const kept = await store.match(PAGE);
    if (kept) return kept;
    throw failure;
  } finally {
    clearTimeout(timer);
  }
}
