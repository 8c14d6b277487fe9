// Draws the map. Names come from the cluster and are hostile: they reach the page as text alone, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const FONT = 12;

function svg(tag, attributes = {}, text = null) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

function div(className, text = null) {
  const made = document.createElement("div");
  made.className = className;
  if (text !== null) made.textContent = text;
  return made;
}

/** ``text`` cut to a number of pixels. */
const pen = document.createElement("canvas").getContext("2d");
function cut(text, room, size, family) {
  pen.font = `${size}px ${family}`;
  if (pen.measureText(text).width <= room) return text;
  let [kept, dropped] = [0, text.length];
  while (dropped - kept > 1) {
    const middle = (kept + dropped) >> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= room) kept = middle;
    else dropped = middle;
  }
  return `${text.slice(0, kept)}…`;
}

/** Something that can be pointed at, tabbed to and, if it ``opens``, opened. */
function thing(kind, key, opens, says) {
  return svg("g", {
    class: kind,
    "data-kind": kind,
    "data-key": key,
    role: opens ? "link" : "img",
    tabindex: "-1",
    "aria-label": says.filter(Boolean).join(". "),
  });
}

function drawPlace(view, place, spot) {
  const group = thing("place", place.key, place.opens, [place.title, place.state, ...place.facts]);
  const shown = view.map.predicted ? place.shifts.filter((shift) => shift.change) : [];
  if (shown.length) {
    const said = shown.map((shift) => `${shift.title} ${shift.now}, ${shift.after} with the plan`);
    group.setAttribute("aria-label", [place.title, place.state, ...said].join(". "));
  }
  group.append(svg("circle", { class: "edge", cx: spot.x, cy: spot.y, r: spot.r }));
  if (view.map.even) {
    group.append(svg("circle", { class: "track", cx: spot.x, cy: spot.y, r: spot.r + 5 }));
    for (const part of place.ring) {
      const drawn = svg("path", { class: "ring", d: arc(spot, spot.r + 5, part.begins, part.ends), stroke: part.colour });
      group.append(drawn);
    }
    if (view.map.predicted && place.after !== null) {
      group.append(svg("path", { class: "after", d: arc(spot, spot.r + 9, 0, place.after) }));
    }
  }
  if (!view.map.bubbles.some((bubble) => bubble.place === view.map.places.indexOf(place))) {
    group.append(svg("text", { class: "nobody", x: spot.x, y: spot.y + 4 }, "no guests"));
  }
  return group;
}

const TONES = { green: "M-4,0 L-1,3 L4,-3", amber: "M0,-5 L5,4 L-5,4 Z", red: "M-4,-4 L4,4 M-4,4 L4,-4" };

/** Name, state and figures under a circle. */
function drawLabel(view, place, spot) {
  const group = svg("g", { class: "label", "data-of": place.key });
  let y = spot.y + spot.r + RING + 14;
  const line = (text, className, dx = 0) => {
    group.append(svg("text", { class: className, x: spot.x + dx, y }, cut(text, spot.room, FONT, view.family)));
    y += 15;
  };
  line(place.title, "name");
  const tone = TONES[place.tone];
  if (tone) {
    pen.font = `${FONT}px ${view.family}`;
    const half = Math.min(spot.room, pen.measureText(place.state).width) / 2;
    group.append(svg("path", { class: `sign ${place.tone}`, d: tone, transform: `translate(${spot.x - half - 3},${y - 4})` }));
  }
  line(place.state, "state", tone ? 6 : 0);
  if (view.map.predicted) for (const shift of place.shifts) y = drawShift(group, shift, spot, y);
  else for (const text of place.lines) line(text, "quiet");
  return group;
}

/** A figure now, struck through, what the plan makes of it, and the change with arrow and sign. */
function drawShift(group, shift, spot, y) {
  const row = svg("text", { class: "quiet", x: spot.x, y });
  row.append(svg("tspan", {}, `${shift.title === "Memory" ? "Mem" : shift.title} `));
  const changes = shift.change && shift.change !== "=";
  if (changes) row.append(svg("tspan", { class: "was" }, shift.now.replace(" %", "")), svg("tspan", {}, " "));
  row.append(svg("tspan", { class: "then" }, shift.after));
  const tone = shift.better === null ? "" : shift.better ? "better" : "worse";
  if (changes) row.append(svg("tspan", { class: tone }, ` ${shift.change}`));
  group.append(row);
  return y + 15;
}

/** Bubbles are kept from drawing to drawing, so that they glide to where they are next. */
function drawBubbles(view, spots, scale) {
  const kept = new Map();
  for (const bubble of view.map.bubbles) {
    const spot = spots[bubble.place];
    const [x, y, r] = [spot.x + bubble.x * scale, spot.y + bubble.y * scale, Math.max(2, bubble.radius * scale)];
    const group = view.bubbles.get(bubble.key) ?? thing("bubble", bubble.key, true, []);
    const state = bubble.ghost ? "ghost" : bubble.state;
    group.setAttribute("class", `bubble ${bubble.type} ${state}${bubble.moves && !bubble.ghost ? " moves" : ""}`);
    group.setAttribute("aria-label", [bubble.title, ...bubble.facts].join(". "));
    group.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    const disc = group.firstChild ?? group.appendChild(svg("circle"));
    disc.setAttribute("r", r.toFixed(1));
    while (group.childNodes.length > 1) group.lastChild.remove();
    if (r >= 13) {
      const named = r >= 20 ? cut(bubble.name, 2 * r - 8, 11, view.family) : String(bubble.vmid);
      group.append(svg("text", { y: 4 }, named.length > 2 ? named : String(bubble.vmid)));
    }
    if (!group.parentNode) view.layers.bubbles.append(group);
    kept.set(bubble.key, group);
    Object.assign(bubble, { px: x, py: y, pr: r });
  }
  for (const [key, group] of view.bubbles) if (!kept.has(key)) group.remove();
  view.bubbles = kept;
}

function drawArrow(view, arrow, way) {
  const [width, head] = [arrowWidth(arrow), arrowHead(arrow)];
  const group = thing("arrow", arrow.key, true, [arrow.title, ...arrow.facts]);
  group.classList.add(arrow.sureness);
  group.append(
    svg("path", { class: "reach", d: way.path }),
    svg("path", { class: "halo", d: way.path, "stroke-width": width + 4 }),
    svg("path", { class: "line", d: way.path, "stroke-width": width }),
  );
  const turn = `translate(${way.end.x},${way.end.y}) rotate(${(way.angle * 180) / Math.PI})`;
  const half = 4 + width * 0.8;
  group.append(svg("path", { class: "head", d: `M0,${-half} L${head},0 L0,${half} Z`, transform: turn }));
  if (!view.still) {
    const bead = svg("circle", { class: "bead", r: width / 2 + 1.8 });
    bead.append(svg("animateMotion", { dur: "2.8s", repeatCount: "indefinite", path: way.path }));
    group.append(bead);
  }
  if (arrow.vmids.length > 1) {
    group.append(svg("circle", { class: "count", cx: way.middle.x, cy: way.middle.y, r: 9 }));
    group.append(svg("text", { class: "count", x: way.middle.x, y: way.middle.y + 4 }, String(arrow.vmids.length)));
  }
  return group;
}

/** A drawn sample and its word. */
function drawSign(sign) {
  const entry = div("entry");
  const sample = svg("svg", { width: sign.kind === "arrow" ? 34 : 16, height: 16, "aria-hidden": "true" });
  if (sign.kind === "ring") sample.append(svg("rect", { x: 3, y: 3, width: 10, height: 10, rx: 2, fill: sign.look }));
  if (sign.kind === "after") sample.append(svg("path", { class: "after", d: "M2,12 A9,9 0 0 1 14,12" }));
  if (sign.kind === "arrow") {
    const group = svg("g", { class: `arrow ${sign.look}` });
    group.append(svg("path", { class: "line", d: "M1,8 H26", "stroke-width": 3 }));
    group.append(svg("path", { class: "head", d: "M25,3 L33,8 L25,13 Z" }));
    sample.append(group);
  }
  if (sign.kind === "bubble") {
    const looks = { vm: "vm running", ct: "ct running", moves: "vm running moves" };
    const group = svg("g", { class: `bubble ${looks[sign.look] ?? `vm ${sign.look}`}` });
    group.append(svg("circle", { cx: 8, cy: 8, r: 6 }));
    sample.append(group);
  }
  entry.append(sample, document.createTextNode(sign.title));
  return entry;
}
