// Pointer, keyboard and search on the map. Three tab stops (nodes, guests of the current node, arrows), arrow keys inside.

const KINDS = ["place", "bubble", "arrow"];
const NEAR = 8; // a small bubble is meant by whoever points this close to it, in pixels

const find = (view, kind, key) => view.map[`${kind}s`].find((item) => item.key === key);
const element = (view, kind, key) => view.layers[`${kind}s`].querySelector(`[data-key="${CSS.escape(key)}"]`);

/** What is under the pointer: the thing itself, or the bubble next to it. */
function meant(view, event) {
  const group = event.target.closest?.("[data-kind]");
  if (!group) return null;
  const { kind, key } = group.dataset;
  if (kind !== "place") return { kind, key };
  const box = view.svg.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const off = (bubble) => Math.hypot(bubble.px - x, bubble.py - y) - bubble.pr;
  const place = view.map.places.findIndex((item) => item.key === key);
  const near = view.map.bubbles.filter((bubble) => bubble.place === place && off(bubble) < NEAR);
  near.sort((one, two) => off(one) - off(two));
  return near.length ? { kind: "bubble", key: near[0].key } : { kind, key };
}

/** Light up what belongs together: an arrow and its guests, a node and its arrows. */
function trace(view, at) {
  for (const lit of view.svg.querySelectorAll(".lit")) lit.classList.remove("lit");
  view.svg.classList.remove("tracing");
  if (!at) return;
  const item = find(view, at.kind, at.key);
  const place = at.kind === "place" ? view.map.places.indexOf(item) : -1;
  const arrows = view.map.arrows.filter((arrow) => {
    if (at.kind === "arrow") return arrow === item;
    return at.kind === "place" ? arrow.source === place || arrow.target === place : arrow.vmids.includes(item.vmid);
  });
  element(view, at.kind, at.key)?.classList.add("lit");
  if (!arrows.length) return;
  view.svg.classList.add("tracing");
  for (const arrow of arrows) {
    element(view, "arrow", arrow.key)?.classList.add("lit");
    for (const bubble of view.map.bubbles) {
      if (arrow.vmids.includes(bubble.vmid)) view.bubbles.get(bubble.key)?.classList.add("lit");
    }
  }
}

/** The facts of what is pointed at or focused, beside it and inside the map. */
function tell(view, at) {
  view.told = at;
  trace(view, at);
  view.tip.hidden = !at;
  if (!at) return;
  const item = find(view, at.kind, at.key);
  view.tip.replaceChildren(div("title", item.title), ...item.facts.map((fact) => div("fact", fact)));
  const box = element(view, at.kind, at.key).getBoundingClientRect();
  const root = view.root.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = view.tip;
  const left = box.left - root.left + box.width / 2 - wide / 2;
  const below = box.bottom - root.top + 8;
  const room = window.innerHeight - box.bottom > high + 16;
  view.tip.style.left = `${Math.max(0, Math.min(left, root.width - wide))}px`;
  view.tip.style.top = `${room ? below : Math.max(0, box.top - root.top - high - 8)}px`;
}

function open(view, at) {
  const item = find(view, at.kind, at.key);
  if (at.kind === "place" && !item.opens) return;
  view.send("opened", { kind: at.kind, key: at.key });
}

/** What the arrow keys go through: the guests are those of the node that was focused last. */
function round(view, kind) {
  if (kind !== "bubble") return view.map[`${kind}s`];
  return view.map.bubbles.filter((bubble) => bubble.place === view.place);
}

/** One tab stop for each kind: the thing that was focused last, else the first. */
function stops(view) {
  for (const kind of KINDS) {
    const items = round(view, kind);
    const current = items.find((item) => item.key === view.stop[kind]) ?? items[0];
    view.stop[kind] = current?.key;
    for (const old of view.layers[`${kind}s`].querySelectorAll('[tabindex="0"]')) old.setAttribute("tabindex", "-1");
    if (current) element(view, kind, current.key)?.setAttribute("tabindex", "0");
  }
}

/** The next node in a row is the next in the list; above and below it is the nearest one there. */
function neighbour(view, kind, key, press) {
  const items = round(view, kind);
  const at = items.findIndex((item) => item.key === key);
  if (press === "Home") return items[0];
  if (press === "End") return items.at(-1);
  const step = press === "ArrowRight" || press === "ArrowDown" ? 1 : -1;
  if (kind !== "place" || press === "ArrowLeft" || press === "ArrowRight") return items[at + step];
  const here = view.spots[at];
  const others = items.map((item, place) => ({ item, ...view.spots[place] })).filter((o) => (o.y - here.y) * step > here.r);
  others.sort((one, two) => Math.abs(one.y - here.y) - Math.abs(two.y - here.y) || Math.abs(one.x - here.x) - Math.abs(two.x - here.x));
  return others[0]?.item;
}

function pressed(view, event) {
  const { kind, key } = event.target.dataset ?? {};
  if (!kind) return;
  if (event.key === "Escape") tell(view, null);
  else if (event.key === "Enter" || event.key === " ") open(view, { kind, key });
  else if (/^(Arrow(Left|Right|Up|Down)|Home|End)$/.test(event.key)) {
    const next = neighbour(view, kind, key, event.key);
    if (next) element(view, kind, next.key).focus();
  } else return;
  event.preventDefault();
}

function focused(view, event) {
  const { kind, key } = event.target.dataset ?? {};
  if (!kind) return;
  view.stop[kind] = key;
  if (kind === "place") view.place = view.map.places.findIndex((place) => place.key === key);
  stops(view);
  tell(view, { kind, key });
}

function listen(view) {
  view.svg.addEventListener("pointermove", (event) => {
    const at = meant(view, event);
    if (at?.kind !== view.told?.kind || at?.key !== view.told?.key) tell(view, at);
  });
  view.svg.addEventListener("pointerleave", () => tell(view, null));
  view.svg.addEventListener("click", (event) => {
    const at = meant(view, event);
    if (!at) return tell(view, null);
    // A finger has no hover: the first tap tells, the second opens.
    const again = view.tapped?.kind === at.kind && view.tapped.key === at.key;
    view.tapped = at;
    if (event.pointerType === "touch" && !again) return tell(view, at);
    return open(view, at);
  });
  view.svg.addEventListener("keydown", (event) => pressed(view, event));
  // On the root: an SVG element that listens for the focus becomes a tab stop of its own.
  view.root.addEventListener("focusin", (event) => focused(view, event));
  view.root.addEventListener("focusout", () => tell(view, null));
}

/** Dim what a search did not find; null: nothing is searched for. */
function search(view, found) {
  view.svg.classList.toggle("searching", found !== null);
  const wanted = new Set(found ?? []);
  for (const bubble of view.map.bubbles) view.bubbles.get(bubble.key).classList.toggle("found", wanted.has(bubble.vmid));
  for (const arrow of view.map.arrows) {
    element(view, "arrow", arrow.key).classList.toggle("found", arrow.vmids.some((vmid) => wanted.has(vmid)));
  }
  const homes = new Set(view.map.bubbles.filter((bubble) => wanted.has(bubble.vmid)).map((bubble) => bubble.place));
  view.map.places.forEach((place, at) => {
    element(view, "place", place.key).classList.toggle("found", homes.has(at));
    view.layers.labels.children[at].classList.toggle("found", homes.has(at));
  });
}
