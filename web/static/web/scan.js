/* Scanning: the field keeps the focus, every scan is answered in its turn, the answer is heard as well as seen.
   A form with data-scan is sent for each scan; the elements of the answer replace those with the same id. */
"use strict";

(() => {
  const form = document.querySelector("form[data-scan]");
  if (!form) return;
  const field = form.querySelector("[data-scan-field]");
  const waiting = [];
  let busy = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const scanned = field.value.trim();
    field.value = "";
    field.focus();
    if (!scanned) return;
    const data = new FormData(form);
    data.set(field.name, scanned);
    waiting.push(data);
    next();
  }, true);

  async function next() {
    if (busy || !waiting.length) return;
    busy = true;
    const data = waiting.shift();
    try {
      const response = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { "HX-Request": "true" }, credentials: "same-origin" });
      const away = response.headers.get("HX-Redirect");
      if (away) { window.location.assign(away); return; }
      if (!response.ok) throw new Error(String(response.status));
      show(await response.text());
    } catch {
      field.value = data.get(field.name);
      const failed = document.getElementById("scan-failed");
      if (failed) show(failed.innerHTML);
    }
    busy = false;
    next();
  }

  function show(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    for (const fresh of Array.from(parsed.body.children)) {
      const old = fresh.id && document.getElementById(fresh.id);
      if (!old) continue;
      old.replaceChildren(...Array.from(fresh.childNodes).map((node) => document.importNode(node, true)));
      old.className = fresh.className;
      if (fresh.dataset.sound) play(fresh.dataset.sound);
    }
  }

  /* The field has the focus unless somebody is using another control. */
  const keep = () => {
    const active = document.activeElement;
    if (!active || active === document.body || active.id === "content") field.focus();
  };
  document.addEventListener("click", () => setTimeout(keep, 150));
  window.addEventListener("focus", keep);
  form.addEventListener("change", (event) => { if (event.target.type === "radio" || event.target.tagName === "SELECT") field.focus(); });
  field.focus();

  /* Sound: one high tone is good, two low ones are not. */
  const mute = document.querySelector("[data-mute]");
  const isMuted = () => { try { return localStorage.getItem("scan-muted") === "yes"; } catch { return false; } };
  const showMute = () => {
    if (!mute) return;
    mute.setAttribute("aria-pressed", String(isMuted()));
    mute.querySelector("[data-on]").hidden = isMuted();
    mute.querySelector("[data-off]").hidden = !isMuted();
  };
  if (mute) mute.addEventListener("click", () => {
    try { localStorage.setItem("scan-muted", isMuted() ? "no" : "yes"); } catch { /* a browser may keep nothing */ }
    showMute();
    field.focus();
  });
  showMute();
  let audio = null;
  function play(kind) {
    if (isMuted() || !window.AudioContext) return;
    audio = audio || new AudioContext();
    const tones = kind === "good" ? [[880, 0]] : kind === "warn" ? [[440, 0]] : [[220, 0], [180, 0.2]];
    for (const [pitch, wait] of tones) {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.frequency.value = pitch;
      level.gain.value = 0.15;
      tone.connect(level).connect(audio.destination);
      tone.start(audio.currentTime + wait);
      tone.stop(audio.currentTime + wait + 0.15);
    }
  }

  /* Camera: the reader is loaded when it is wanted first. */
  const camera = document.querySelector("[data-camera]");
  const video = document.querySelector("[data-camera-view]");
  if (!camera || !video || !navigator.mediaDevices) { if (camera) camera.hidden = true; return; }
  let stream = null;
  let seen = "";
  camera.addEventListener("click", async () => {
    if (stream) { stop(); return; }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch { camera.disabled = true; return; }
    if (!window.ZXingWASM) await load(camera.dataset.reader);
    window.ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => camera.dataset.wasm } });
    video.hidden = false;
    video.srcObject = stream;
    await video.play();
    camera.setAttribute("aria-pressed", "true");
    look();
  });
  function stop() {
    stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    camera.setAttribute("aria-pressed", "false");
    field.focus();
  }
  function load(address) {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = done;
      script.onerror = failed;
      document.head.append(script);
    });
  }
  async function look() {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    while (stream) {
      if (video.videoWidth) {
        canvas.width = video.videoWidth;
        canvas.height = video.videoHeight;
        pen.drawImage(video, 0, 0);
        const found = await window.ZXingWASM.readBarcodes(pen.getImageData(0, 0, canvas.width, canvas.height), { formats: ["Code128", "QRCode"], maxNumberOfSymbols: 1 });
        const text = found.length ? found[0].text : "";
        if (text && text !== seen) {
          seen = text;
          setTimeout(() => { seen = ""; }, 3000);
          field.value = text;
          form.requestSubmit();
        }
      }
      await new Promise((done) => setTimeout(done, 200));
    }
  }
})();
