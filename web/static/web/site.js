/* What pages do without a reload: the menu on small screens, one press per form, focus on what matters. */
"use strict";

document.documentElement.classList.replace("no-js", "js");

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-toggle]");
  if (toggle) {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    toggle.setAttribute("aria-expanded", String(open));
    document.getElementById(toggle.dataset.toggle).classList.toggle("is-open", open);
  }
  const account = document.querySelector("details.account[open]");
  if (account && !account.contains(event.target)) account.removeAttribute("open");
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const account = document.querySelector("details.account[open]");
  if (account) {
    account.removeAttribute("open");
    account.querySelector("summary").focus();
  }
});

/* A form is sent once: a second press while the answer is on its way does nothing. Downloads may be repeated. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent && !("repeatable" in form.dataset)) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest ? event.target.closest("form") : null;
  if (form) delete form.dataset.sent;
});

/* Filters of a list answer as soon as they are chosen. */
document.addEventListener("change", (event) => {
  if (event.target.matches("form[data-filter] select, form[data-filter] input[type=date]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-all]")) {
    document.querySelectorAll(`input[name="${event.target.dataset.all}"]`).forEach((box) => { box.checked = event.target.checked; });
  }
  /* how many rows of a list are chosen is said where they are acted upon */
  document.querySelectorAll("[data-chosen]").forEach((told) => {
    told.textContent = document.querySelectorAll(`input[name="${told.dataset.chosen}"]:checked`).length;
  });
});

document.addEventListener("DOMContentLoaded", () => {
  const wrong = document.querySelector("[data-focus]");
  if (wrong) wrong.focus();
  /* what scrolls sideways is reached with the keyboard too */
  document.querySelectorAll(".table-box").forEach((box) => { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; });
});
