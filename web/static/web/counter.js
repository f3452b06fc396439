/* The counter by keyboard: Enter in the empty scan field leads to the confirmation, Escape leads back to the field. */
"use strict";

(() => {
  const SCANNER_ENDS_WITH_TWO_KEYS = 400; // milliseconds: carriage return and line feed are one Enter
  const field = document.querySelector("[data-scan-field]");
  let scannedAt = -Infinity;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("#work")) {
      field.focus();
      return;
    }
    if (event.key !== "Enter" || event.target !== field) return;
    if (field.value.trim()) {
      scannedAt = event.timeStamp;
      return;
    }
    event.preventDefault();
    const first = document.querySelector("#work input[type=radio]:checked, #work input:not([type=hidden])");
    if (first && event.timeStamp - scannedAt > SCANNER_ENDS_WITH_TWO_KEYS) first.focus();
  });
})();
