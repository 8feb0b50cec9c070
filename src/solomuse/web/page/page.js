// The page: what is typed becomes a wish, what is played is drawn and heard. Times are ticks, 480 a quarter.

import { drawRoll } from "./roll.js";
import { Player } from "./player.js";

const $ = (name) => document.getElementById(name);
const NUMBERS = ["density", "register", "low", "high", "phrase", "rests", "arc", "temperature", "guidance", "recall",
  "harmony", "voices"];
const TEXTS = ["instrument", "style", "feel", "player"];
const MAJOR = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const MINOR = ["Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"];
const EXAMPLE = "title: Blues in F\ntempo: 160\nkey: F\n\n"
  + "F7 | Bb7 | F7 | Cm7 F7\nBb7 | Bdim7 | F7 | Am7b5 D7\nGm7 | C7 | F7 D7 | Gm7 C7";
const REMEMBERED = "solomuse";

const form = $("wish");
const player = new Player({ moved: showTime, ended: showStopped });
let choices = {};
let chart = null; // what the text stands for
let solos = [];
let shown = null; // the solo on the stage
let line = null; // the id of a line of the user's
let view = "roll";
let chosen = new Set(); // bars of the solo on the stage, from 0

// --- asking -----------------------------------------------------------------------------------------------------------

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("SoloMuse does not answer: is 'solomuse serve' still running?");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  throw new Error(said?.error ?? `SoloMuse answers with the status ${answer.status}`);
}

const sent = (body, type = "application/octet-stream") => ({ method: "POST", body, headers: { "Content-Type": type } });

function complain(place, error) {
  place.textContent = error?.message ?? "";
  place.hidden = !error;
}

// Of a field that the model leaves out, none, whatever another model's page remembers.
const value = (name) => (form.elements[name].disabled ? "" : form.elements[name].value.trim());
const number = (name) => (value(name) === "" ? null : Number(value(name)));

function wish(edit = null) {
  const controls = {};
  for (const name of TEXTS) if (value(name)) controls[name] = value(name);
  for (const name of NUMBERS) if (number(name) !== null) controls[name] = number(name);
  const seed = number("seed");
  const own = { takes: number("takes"), seed, controls, ...performed(seed) };
  return edit ? { ...own, edit } : own;
}

// The same over the chart that is typed.
const wishOverChart = (edit) => ({ ...wish(edit), chart: $("chart").value, choruses: number("choruses") });

// How a solo of a seed is written and performed.
function performed(seed) {
  const band = value("band");
  const played = { qpm: number("tempo"), swing: number("swing"), lay_back: number("lay_back"), seed };
  return {
    performance: { ...played, ...(band === "none" ? { band: false } : { style: band || null }) },
    part: value("part") || null,
    count_in: number("count_in"),
  };
}

function address(solo, name) {
  return `/api/solos/${solo.id}/${name}?wish=${encodeURIComponent(JSON.stringify(performed(solo.seed)))}`;
}

// --- the chart --------------------------------------------------------------------------------------------------------

let reading = 0;
let typing = null; // the timer of what is typed and not read yet

async function readChart(data, name = "chart.txt", { song = "", key = "", rewrite = false } = {}) {
  const own = ++reading;
  clearTimeout(typing);
  typing = null;
  try {
    const query = new URLSearchParams({ name, song, key });
    const found = await (await ask(`/api/chart?${query}`, sent(data))).json();
    if (own !== reading) return;
    chart = found;
    complain($("chart-error"), null);
    const isBook = found.songs.length > 1;
    if (rewrite || isBook) $("chart").value = found.text;
    if (isBook || (rewrite && !key)) offerSongs(found, data, name);
    offerKeys(found.key);
    showNothing();
  } catch (error) {
    if (own === reading) complain($("chart-error"), error);
  }
  remember();
}

function offerKeys(key) {
  const names = key?.endsWith(":min") ? MINOR : MAJOR;
  $("key").replaceChildren(new Option("as written", ""), ...names.map((name) => new Option(name, name)));
}

function offerSongs(found, data, name) {
  const select = $("song");
  select.hidden = found.songs.length < 2;
  select.replaceChildren(...found.songs.map((title, index) => new Option(title, index + 1)));
  select.value = found.song;
  select.onchange = () => readChart(data, name, { song: select.value, rewrite: true });
}

function showFacts(found) {
  const key = found.key?.replace(":maj", " major").replace(":min", " minor");
  const meters = [...new Set(found.bars.map((bar) => bar.meter))].slice(0, 3).join(", ");
  const facts = [found.title, `${found.bars.length} bars`, meters, key, `${Math.round(found.qpm)} quarters a minute`, found.band];
  $("chart-facts").textContent = facts.filter(Boolean).join(" · ");
}

$("chart").addEventListener("input", () => {
  clearTimeout(typing);
  $("song").hidden = true;
  typing = setTimeout(() => readChart($("chart").value), 350);
});
$("key").addEventListener("change", ({ target }) => {
  readChart($("chart").value, "chart.txt", { key: target.value, rewrite: true });
  target.value = "";
});
$("chart-file").addEventListener("change", ({ target }) => openChart(target.files[0]));
let isOwnText = false; // which is moved within the chart
$("chart").addEventListener("dragstart", () => (isOwnText = true));
$("chart").addEventListener("dragend", () => (isOwnText = false));
form.addEventListener("dragover", (event) => {
  if (isOwnText) return;
  event.preventDefault();
  form.classList.add("over");
});
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  if (isOwnText) return;
  event.preventDefault();
  form.classList.remove("over");
  const text = event.dataTransfer.getData("text/plain");
  if (event.dataTransfer.files.length) openChart(event.dataTransfer.files[0]);
  else if (text) readChart(text, "chart.txt", { rewrite: true });
});

for (const kind of ["dragover", "drop"]) { // a file beside its place would be opened instead of the page
  window.addEventListener(kind, (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
}

function openChart(file) {
  if (file) readChart(file, file.name, { rewrite: true });
  $("chart-file").value = "";
}

// --- playing ----------------------------------------------------------------------------------------------------------

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (typing !== null) await readChart($("chart").value); // else its answer would take the place of the solos
  play(wishOverChart());
});

// What is wrong in a field is shown there, under "More" too.
form.addEventListener("invalid", ({ target }) => {
  const more = target.closest("details");
  if (more) more.open = true;
}, true);

async function play(asked) {
  if (document.body.classList.contains("busy") || !form.reportValidity()) return;
  document.body.classList.add("busy");
  const button = $("play-solos");
  const began = performance.now() / 1000;
  const clock = setInterval(() => (button.textContent = `Playing … ${Math.round(performance.now() / 1000 - began)} s`), 250);
  button.disabled = true;
  try {
    const answer = await ask("/api/solos", sent(JSON.stringify(asked), "application/json"));
    const found = (await answer.json()).solos;
    complain($("wish-error"), null);
    solos = [...found, ...solos];
    form.elements.seed.value = found[0].seed + 1;
    listSolos();
    show(found[0]);
  } catch (error) {
    complain($("wish-error"), error);
  } finally {
    clearInterval(clock);
    button.textContent = "Play solos";
    button.disabled = false;
    document.body.classList.remove("busy");
    remember();
  }
}

function listSolos() {
  $("no-solos").hidden = solos.length > 0;
  $("solos").replaceChildren(...solos.map((solo) => {
    const button = document.createElement("button");
    const facts = document.createElement("small");
    const score = solo.report.score === null ? "" : `, score ${solo.report.score.toFixed(1)}`;
    button.type = "button";
    button.textContent = solo.chart.title ?? "Solo";
    const way = wayOf(solo.report.edit);
    facts.textContent = `seed ${solo.seed}, take ${solo.take}: ${solo.notes.length} notes${score}${way}`;
    button.append(facts);
    button.onclick = () => show(solo);
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}

function markShown() {
  document.querySelectorAll("#solos button").forEach((button, index) => {
    button.setAttribute("aria-current", solos[index] === shown);
  });
}

// What was done to a line, as a report has it.
function wayOf(edit) {
  if (!edit) return "";
  if (edit.keep) return `, keeps bars ${runs(edit.keep.map((bar) => bar - 1)).join(", ")}`;
  if (edit.trade) return `, trades ${edit.trade} bars`;
  if (edit.vary !== undefined) return `, a variation by ${edit.vary}`;
  return edit.lock ? ", in a given rhythm" : ", goes on from a line";
}

// --- the stage --------------------------------------------------------------------------------------------------------

function show(solo) {
  const wasPlaying = isHeard();
  stop();
  shown = solo;
  chosen = new Set();
  markShown();
  showFacts(solo.chart);
  $("edits").hidden = false;
  $("start").disabled = false;
  $("files").replaceChildren(...choices.endings.map((ending) => fileLink(solo, ending)));
  showView();
  showChosen();
  if (wasPlaying) start();
}

function showNothing() {
  stop();
  shown = null;
  chosen = new Set();
  markShown();
  showFacts(chart);
  $("edits").hidden = true;
  $("start").disabled = true;
  setView("roll");
}

function fileLink(solo, ending) {
  const link = document.createElement("a");
  const title = (solo.chart.title ?? "solo").replace(/[^\p{L}\p{N} _-]/gu, "").trim() || "solo";
  link.className = "button";
  link.textContent = ending.slice(1).toUpperCase();
  link.download = `${title} ${solo.seed}-${solo.take}${ending}`;
  const refresh = () => (link.href = address(solo, `solo${ending}`));
  refresh();
  link.addEventListener("pointerdown", refresh);
  link.addEventListener("focus", refresh);
  link.addEventListener("click", (event) => form.reportValidity() || event.preventDefault());
  link.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("DownloadURL", `application/octet-stream:${link.download}:${link.href}`);
  });
  return link;
}

function setView(name) {
  view = name;
  for (const tab of document.querySelectorAll("[data-view]")) {
    tab.setAttribute("aria-selected", tab.dataset.view === name);
    $(tab.dataset.view).hidden = tab.dataset.view !== name;
  }
  showView();
}

for (const tab of document.querySelectorAll("[data-view]")) tab.onclick = () => setView(tab.dataset.view);

function showView() {
  if (view === "roll" && (shown || chart)) {
    drawRoll($("roll"), shown?.chart ?? chart, shown?.notes ?? [], choices.colours, chosen, shown ? choose : () => {});
  } else if (view === "notation") showNotation();
  else if (view === "figures") showFigures();
}

new ResizeObserver(() => view === "roll" && showView()).observe($("stage"));

let engraved = ""; // the address of the pages that are there or on their way

async function showNotation() {
  const own = shown ? address(shown, "pages") : "";
  if (own === engraved) return;
  engraved = own;
  $("notation").replaceChildren();
  if (!own) return;
  try {
    const pages = await (await ask(own)).json();
    if (own === engraved) $("notation").innerHTML = pages.join("");
  } catch (error) {
    if (own === engraved) [engraved, $("notation").textContent] = ["", error.message];
  }
}

const percent = (share) => (share === null ? "" : `${Math.round(100 * share)} %`);

function showFigures() {
  const table = document.createElement("table");
  const row = (kind, cells) => {
    const own = table.insertRow();
    for (const cell of cells) own.appendChild(document.createElement(kind)).textContent = cell ?? "";
  };
  row("th", ["bar", "notes", "chord tones", "in the scale", "rests", "lowest", "highest", "chords"]);
  for (const bar of shown?.report.bars ?? []) {
    row("td", [bar.bar, bar.notes, percent(bar.chord_tone_share), percent(bar.scale_share), percent(bar.rest_share),
      bar.lowest?.name, bar.highest?.name, bar.chords.join("  ")]);
  }
  const remarks = document.createElement("p");
  remarks.textContent = shown ? shown.remarks.join(" ") : "";
  $("figures").replaceChildren(remarks, table);
}

function choose(first, last, isChosen) {
  for (let bar = Math.min(first, last); bar <= Math.max(first, last); bar++) {
    if (isChosen) chosen.add(bar);
    else chosen.delete(bar);
  }
  showChosen();
}

const chosenInOrder = () => [...chosen].sort((a, b) => a - b);

function showChosen() {
  for (const bar of document.querySelectorAll("#roll .bar")) {
    bar.classList.toggle("chosen", chosen.has(Number(bar.dataset.bar)));
  }
  const bars = chosenInOrder();
  const isPart = bars.length > 0 && bars.length < (shown?.chart.bars.length ?? 0);
  for (const name of ["keep", "replay"]) document.querySelector(`[data-edit=${name}]`).disabled = !isPart;
  $("chosen").textContent = bars.length
    ? `Bars chosen: ${runs(bars).join(", ")}. Loop plays from the first to the last of them.`
    : "Click on bars, or draw across them, to choose them.";
}

function runs(bars) {
  const found = [];
  for (const bar of bars) {
    const last = found.at(-1);
    if (last && last[1] === bar - 1) last[1] = bar;
    else found.push([bar, bar]);
  }
  return found.map(([first, last]) => (first === last ? `${first + 1}` : `${first + 1}–${last + 1}`));
}

// --- editing ----------------------------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-edit]")) {
  button.onclick = () => {
    const all = shown.chart.bars.map((_, bar) => bar);
    const kept = (isKept) => ({ keep: all.filter(isKept).map((bar) => bar + 1) });
    const way = {
      keep: () => kept((bar) => chosen.has(bar)),
      replay: () => kept((bar) => !chosen.has(bar)),
      vary: () => ({ vary: Number($("distance").value) }),
      rhythm: () => ({ lock: "rhythm" }),
    }[button.dataset.edit]();
    play(wish({ line: shown.id, ...way }));
  };
}

for (const button of document.querySelectorAll("[data-line]")) {
  button.onclick = () => {
    const way = {
      motif: () => ({ motif: true }),
      trade: () => ({ trade: Number($("turns").value) }),
      vary: () => ({ vary: Number($("line-distance").value) }),
      lock: () => ({ lock: "rhythm" }),
    }[button.dataset.line]();
    play(wishOverChart({ line, ...way }));
  };
}

$("line-file").addEventListener("change", async ({ target }) => {
  const file = target.files[0];
  target.value = "";
  if (!file) return;
  try {
    const found = await (await ask(`/api/line?${new URLSearchParams({ name: file.name })}`, sent(file))).json();
    line = found.id;
    $("line-facts").textContent = `${file.name}: ${found.notes} notes, ${found.bars} bars`;
  } catch (error) {
    line = null;
    $("line-facts").textContent = error.message;
  }
  for (const button of document.querySelectorAll("[data-line]")) button.disabled = line === null;
});

// --- hearing ----------------------------------------------------------------------------------------------------------

let awaited = null; // the timing of the sound that is on its way
let timing = null; // of the one that is heard, whatever the fields say by now

const isHeard = () => player.isPlaying || awaited !== null;

async function start() {
  const own = { qpm: number("tempo") ?? shown.chart.qpm, counted: counted(shown.chart) };
  const hasBand = value("band") !== "none";
  const levels = hasBand ? [$("solo-level"), $("band-level")] : [$("solo-level")];
  const names = hasBand ? ["solo.solo.wav", "solo.band.wav"] : ["solo.wav"];
  awaited = own;
  $("start").textContent = "…";
  try {
    const sounds = await player.load(names.map((name) => address(shown, name)), ask);
    if (own !== awaited) return;
    [awaited, timing] = [null, own];
    const played = stretch().map(seconds);
    const from = chosen.size ? played[0] : 0; // clicks are before the first bar alone
    player.play(sounds, levels, from, $("loop").checked ? played : null);
    complain($("wish-error"), null);
    $("start").textContent = "■";
    $("start").setAttribute("aria-label", "Stop");
  } catch (error) {
    if (own !== awaited) return;
    stop();
    complain($("wish-error"), error);
  }
}

function stop() {
  awaited = null;
  player.stop();
  showStopped();
}

// The first and the last tick of what is played: of the bars that are chosen, else of all.
function stretch() {
  const { bars } = shown.chart;
  const own = chosenInOrder();
  const [first, last] = own.length ? [own[0], own.at(-1)] : [0, bars.length - 1];
  return [bars[first].start, bars[last].start + bars[last].duration];
}

// The ticks of clicks before the first bar; a pickup comes in within the last bar of them.
function counted({ bars: [first, second], is_pickup: isPickup }) {
  const bars = number("count_in") ?? 0;
  if (!bars) return 0;
  return isPickup ? bars * second.duration - first.duration : bars * first.duration;
}

const seconds = (tick) => ((tick + timing.counted) / 480) * (60 / timing.qpm);
const tickAt = (time) => (time * timing.qpm / 60) * 480 - timing.counted;

function showTime(time) {
  const tick = tickAt(time);
  const index = shown.chart.bars.findLastIndex((bar) => bar.start <= tick);
  $("clock").textContent = index < 0 ? "count-in" : `bar ${index + 1}`;
  for (const head of document.querySelectorAll("#roll .head")) {
    const { start, end, left, scale } = head.dataset;
    const isHere = tick >= Number(start) && tick < Number(end);
    head.style.display = isHere ? "" : "none";
    if (!isHere) continue;
    head.setAttribute("transform", `translate(${Number(left) + (tick - start) * scale} 0)`);
    follow(head.ownerSVGElement);
  }
}

let row = null; // where the playhead was last

// Whoever sees the row that the playhead leaves sees the one that it comes to.
function follow(next) {
  if (next === row) return;
  const { top, bottom } = row?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
  if (bottom > 0 && top < window.innerHeight) next.scrollIntoView({ block: "nearest", behavior: "smooth" });
  row = next;
}

function showStopped() {
  $("start").textContent = "▶";
  $("start").setAttribute("aria-label", "Play");
  $("clock").textContent = "";
  for (const head of document.querySelectorAll("#roll .head")) head.style.display = "none";
}

$("start").onclick = () => (isHeard() ? stop() : start());
$("loop").onchange = () => player.isPlaying && (stop(), start());
for (const slider of [$("solo-level"), $("band-level")]) slider.oninput = () => player.setLevels();
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, button, summary, a");
  if (event.key === " " && !isTyping && shown) {
    event.preventDefault();
    $("start").click();
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

// --- beginning --------------------------------------------------------------------------------------------------------

function remember() {
  const values = Object.fromEntries([...form.elements].filter((own) => own.name).map((own) => [own.name, own.value]));
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify({ chart: $("chart").value, values }));
  } catch {} // a browser may allow no memory
}

function recall() {
  try {
    const known = JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
    for (const [name, own] of Object.entries(known.values ?? {})) {
      const field = form.elements[name];
      if (field) field.value = own;
      if (field?.selectedIndex === -1) field.value = ""; // which this model does not offer
    }
    return known.chart || EXAMPLE;
  } catch {
    return EXAMPLE;
  }
}

function offer(name, values) {
  const select = form.elements[name];
  select.append(...values.map((text) => new Option(text, text)));
  select.closest("label").hidden = values.length === 0;
}

form.addEventListener("change", () => {
  remember();
  if (view === "notation") showNotation();
});
choices = await (await ask("/api/choices")).json();
for (const name of TEXTS) offer(name, choices[name]);
offer("part", choices.instrument);
offer("band", [...choices.band, "none"]);
offerKeys();
document.querySelector("[data-view=notation]").hidden = !choices.is_engraved;
for (const name of ["density", "register", "arc"]) {
  form.elements[name].disabled = form.elements[name].closest("label").hidden = !choices.is_described;
}
$("chart").value = recall();
await readChart($("chart").value);
