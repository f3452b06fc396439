/* The counter without network. The list of what is ready is signed for one counter, clerk and day, and is forgotten at
   the day's end and when nobody is signed in; what was handed out is kept until the server has answered for it.
   Names are initials, and nothing here opens a card: see docs/adr/0006. */
"use strict";

(() => {
  const LIST = "antarktp-list";
  const QUEUE = "antarktp-queue";
  const FRESH = 10 * 60 * 1000; // milliseconds for which a list is not asked for again
  const root = document.querySelector("[data-offline-keep]");
  const read = (name) => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };
  const write = (name, value) => { localStorage.setItem(name, JSON.stringify(value)); };
  const forget = () => localStorage.removeItem(LIST);

  if (!root) { forget(); return; } // the page of somebody who has signed out

  const list = () => {
    const kept = read(LIST);
    if (kept && Date.now() < Date.parse(kept.expires_at)) return kept;
    forget();
    return null;
  };
  const queue = () => read(QUEUE) || [];
  const waiting = () => queue().filter((one) => one.state === "WAITING");
  const all = (selector) => Array.from(root.querySelectorAll(selector));
  const when = (name, is) => all(`[data-when=${name}]`).forEach((element) => { element.hidden = !is; });
  let down = !navigator.onLine;
  let sending = false;

  function show() {
    const count = waiting().length;
    when("down", down);
    when("up", !down);
    when("queued", count > 0);
    when("conflict", queue().some((one) => one.state === "CONFLICT"));
    all("[data-count]").forEach((element) => { element.textContent = String(count); });
    if (page) page.show();
  }

  async function ask(address, options) {
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options });
    if (answer.redirected || answer.status === 403) throw new Error("signed out");
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  async function refresh() {
    const kept = list();
    if (down || (kept && Date.now() - Date.parse(kept.issued_at) < FRESH && !kept.stale)) return;
    try {
      write(LIST, await ask(root.dataset.list));
      await fetch(root.dataset.page, { credentials: "same-origin" }); // so that the worker keeps it
    } catch { /* the old list holds until the day ends */ }
    show();
    root.dataset.ready = "yes";
  }

  /* Sent as often as it takes: the server knows each by its nonce and answers the same. */
  async function send() {
    const told = waiting();
    if (down || sending || !told.length) return;
    sending = true;
    try {
      const { csrf } = await ask(root.dataset.send);
      const body = JSON.stringify({ confirmations: told.slice(0, 500).map(({ state, text, name, ...one }) => one) });
      const { outcomes } = await ask(root.dataset.send, { method: "POST", body, headers: { "Content-Type": "application/json", "X-CSRFToken": csrf } });
      const answers = new Map(outcomes.map((outcome) => [outcome.nonce, outcome]));
      write(QUEUE, queue().map((one) => {
        const answer = answers.get(one.nonce);
        return answer ? { ...one, state: answer.result, text: answer.text } : one;
      }));
      const kept = list();
      if (kept) write(LIST, { ...kept, stale: true });
      when("signed-out", false);
    } catch (failure) {
      when("signed-out", failure.message === "signed out");
    }
    sending = false;
    show();
    refresh();
  }

  /* What was answered for is forgotten with its day; what was not is never forgotten. */
  function tidy() {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    write(QUEUE, queue().filter((one) => one.state === "WAITING" || Date.parse(one.confirmed_at) >= midnight.getTime()));
    list();
  }

  const page = root.hasAttribute("data-offline-page") ? handOut() : null;

  function handOut() {
    const words = root.querySelector("[data-words]").dataset;
    const find = root.querySelector("[data-find]");
    const field = root.querySelector("#scanned");
    const confirm = root.querySelector("[data-confirm]");
    const answer = root.querySelector("#scan-answer");
    let found = null;

    function say(tone, word, detail) {
      answer.className = `scan-answer scan-${tone}`;
      const [first, second] = [document.createElement("p"), document.createElement("p")];
      first.className = "scan-word";
      first.textContent = word;
      second.textContent = detail;
      answer.replaceChildren(first, second);
    }

    find.addEventListener("submit", (event) => {
      event.preventDefault();
      const scanned = field.value.trim();
      field.value = "";
      confirm.hidden = true;
      found = null;
      if (!scanned) return;
      const linked = /\/t\/([^./]+)/.exec(scanned);
      const reference = (linked ? linked[1] : scanned).toUpperCase().replace(/[\s-]/g, "");
      const kept = list();
      const card = kept && kept.cards.find((one) => one.reference === reference);
      if (!kept) { say("bad", words.stop, words.noList); return; }
      if (queue().some((one) => one.reference === reference && one.state !== "REFUSED")) { say("bad", words.stop, `${reference}: ${words.given}`); return; }
      if (!card) { say("bad", words.stop, `${reference}: ${words.notListed}`); return; }
      found = { card, kept };
      say("good", card.shelf ? `${words.shelf} ${card.shelf}` : words.here, `${reference} · ${words.fetch}`);
      confirm.reset();
      confirm.hidden = false;
      confirm.querySelector("[data-name]").textContent = card.name;
      confirm.querySelector("[data-reference]").textContent = card.reference;
      const wanted = new Set(kept.documents.flat());
      confirm.querySelectorAll("[data-paper]").forEach((paper) => { paper.hidden = wanted.size > 0 && !wanted.has(paper.dataset.paper); });
    });

    confirm.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!found) return;
      const documents = Array.from(confirm.querySelectorAll("[name=documents]:checked"), (box) => box.value);
      if (found.kept.documents.some((oneOf) => !oneOf.some((paper) => documents.includes(paper)))) { say("bad", words.stop, words.papers); return; }
      const { card, kept } = found;
      found = null;
      confirm.hidden = true;
      if (!queue().some((one) => one.reference === card.reference && one.state !== "REFUSED")) {
        write(QUEUE, [...queue(), {
          token: kept.token, reference: card.reference, tag: card.tag, nonce: crypto.randomUUID(), documents,
          old_card_surrendered: confirm.elements.old.checked, confirmed_at: new Date().toISOString(), state: "WAITING",
        }]);
      }
      say("good", words.done, `${card.reference} · ${words.next}`);
      field.focus();
      show();
      send();
    });
    root.querySelector("[data-send-now]").addEventListener("click", send);

    const states = { WAITING: words.waiting, RECORDED: words.recorded, CONFLICT: words.conflict, REFUSED: words.refused };
    return {
      show() {
        const kept = list();
        root.querySelector("[data-about]").textContent = kept ? `${kept.cards.length} ${words.listed} ${kept.counter}` : words.noList;
        const all = queue();
        root.querySelector("[data-nothing-yet]").hidden = all.length > 0;
        root.querySelector("[data-kept]").replaceChildren(...all.reverse().map((one) => {
          const row = document.createElement("li");
          const time = new Date(one.confirmed_at).toTimeString().slice(0, 5).replace(":", ".");
          row.textContent = `${time} · ${one.reference} · ${states[one.state]}${one.text ? `: ${one.text}` : ""}`;
          row.dataset.state = one.state;
          return row;
        }));
      },
    };
  }

  window.addEventListener("online", () => { down = false; show(); send().then(refresh); });
  window.addEventListener("offline", () => { down = true; show(); });
  window.addEventListener("storage", show);
  setInterval(() => { tidy(); show(); send(); refresh(); }, 60 * 1000);

  tidy();
  show();
  if (navigator.serviceWorker) navigator.serviceWorker.register(root.dataset.worker).then(() => navigator.serviceWorker.ready).then(refresh, () => {});
  else refresh();
  send();
})();
