// A chart with the notes over it, four bars a row, as SVG; bars can be chosen.

const BARS_PER_ROW = 4;
const LEFT = 34, TOP = 40, BOTTOM = 6, SEMITONE = 5, LEAST_HEIGHT = 70;
const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

const drawing = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, own] of Object.entries(attributes)) made.setAttribute(key, own);
  if (text !== undefined) made.textContent = text;
  return made;
};

// Notes are [time, pitch, duration, role, name]; choose(first, last, isChosen) is told of bars, from 0.
export function drawRoll(place, chart, notes, colours, chosen, choose) {
  const rows = rowsOf(chart);
  const longest = Math.max(...rows.map((row) => row.end - row.start));
  const width = Math.max(300, place.clientWidth || 800);
  const scale = (width - LEFT - 2) / longest;
  const pitches = notes.map(([, pitch]) => pitch);
  const [low, high] = pitches.length ? [Math.min(...pitches) - 2, Math.max(...pitches) + 2] : [55, 70];
  const height = Math.max(LEAST_HEIGHT, (high - low + 1) * SEMITONE);
  const y = (pitch) => TOP + height - ((pitch - low + 1) / (high - low + 1)) * height;
  const thick = height / (high - low + 1);
  const drag = dragging(chosen, choose);
  const drawn = rows.map((row) => {
    const x = (tick) => LEFT + (tick - row.start) * scale;
    const total = TOP + height + BOTTOM;
    const svg = drawing("svg", { viewBox: `0 0 ${width} ${total}`, height: total });
    for (const index of row.bars) {
      const bar = chart.bars[index];
      const own = drawing("rect", {
        class: `bar${chosen.has(index) ? " chosen" : ""}`, "data-bar": index,
        x: x(bar.start), y: TOP, width: bar.duration * scale, height, tabindex: 0, role: "button",
        "aria-label": `bar ${index + 1}`,
      });
      drag(own, index);
      svg.append(own);
      for (let beat = bar.beat; beat < bar.duration; beat += bar.beat) {
        const at = x(bar.start + beat);
        svg.append(drawing("line", { class: "beat", x1: at, x2: at, y1: TOP, y2: TOP + height }));
      }
      svg.append(drawing("text", { class: "number", x: x(bar.start) + 3, y: 12 }, index + 1));
      const room = Math.max(8, bar.duration * scale - 26);
      const section = { class: "section", x: x(bar.start) + 22, y: 13, "data-room": room };
      if (bar.section) svg.append(drawing("text", section, bar.section));
      bar.chords.forEach((chord, place) => {
        const room = ((bar.chords[place + 1]?.time ?? bar.duration) - chord.time) * scale - 4;
        const at = { x: x(bar.start + chord.time) + 3, y: 32, "data-room": Math.max(8, room) };
        svg.append(drawing("text", { class: "chord", ...at }, chord.symbol));
      });
    }
    for (let pitch = Math.ceil(low / 12) * 12; pitch <= high; pitch += 12) {
      svg.append(drawing("text", { class: "pitch", x: 6, y: y(pitch) + thick }, `C${pitch / 12 - 1}`));
    }
    for (const [time, pitch, duration, role, name] of notes) {
      const start = Math.max(time, row.start), end = Math.min(time + duration, row.end);
      if (start >= end) continue;
      const note = drawing("rect", {
        class: "note", x: x(start), y: y(pitch), width: Math.max(2, (end - start) * scale - 1), height: thick - 0.5, rx: 2,
        fill: colours[role],
      });
      note.append(drawing("title", {}, `${name}, ${role}`));
      svg.append(note);
    }
    const head = drawing("line", { class: "head", x1: 0, x2: 0, y1: TOP - 4, y2: TOP + height, style: "display: none" });
    Object.assign(head.dataset, { start: row.start, end: row.end, left: LEFT, scale });
    svg.append(head);
    return svg;
  });
  place.replaceChildren(...(notes.length ? [legend(notes, colours)] : []), ...drawn);
  for (const text of place.querySelectorAll("[data-room]")) {
    if (text.getComputedTextLength() <= text.dataset.room) continue;
    text.setAttribute("textLength", text.dataset.room); // in less room letters stand closer
    text.setAttribute("lengthAdjust", "spacingAndGlyphs");
  }
}

// Four bars each; a pickup stands before those of the first.
function rowsOf(chart) {
  const first = chart.is_pickup ? 1 : 0;
  const rows = [];
  chart.bars.forEach((bar, index) => {
    const row = Math.max(0, Math.floor((index - first) / BARS_PER_ROW));
    rows[row] ??= { start: bar.start, end: bar.start, bars: [] };
    rows[row].end = bar.start + bar.duration;
    rows[row].bars.push(index);
  });
  return rows;
}

function legend(notes, colours) {
  const used = new Set(notes.map(([, , , role]) => role));
  const box = document.createElement("p");
  box.className = "legend";
  for (const [role, colour] of Object.entries(colours)) {
    if (!used.has(role)) continue;
    const entry = document.createElement("span"), mark = document.createElement("i");
    mark.style.background = colour;
    entry.append(mark, role);
    box.append(entry);
  }
  return box;
}

let first = null, isChosen = true; // of the bars that are drawn across
window.addEventListener("pointerup", () => (first = null));

function dragging(chosen, choose) {
  return (bar, index) => {
    bar.addEventListener("pointerdown", (event) => {
      bar.releasePointerCapture?.(event.pointerId); // so that other bars hear of it too
      [first, isChosen] = [index, !chosen.has(index)];
      choose(index, index, isChosen);
    });
    bar.addEventListener("mousedown", (event) => { // leaves the space bar to playing
      event.preventDefault();
      document.activeElement?.blur();
    });
    bar.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      choose(index, index, !chosen.has(index));
    });
    bar.addEventListener("pointerenter", (event) => {
      if (event.buttons && first !== null) choose(first, index, isChosen);
    });
  };
}
