// The cluster map: called with the same data again it draws the same again. The files before this one are part of it.

const views = new WeakMap();

function made(parent) {
  const root = div("map");
  const picture = svg("svg", { role: "group" });
  const layers = {};
  for (const name of ["places", "bubbles", "arrows", "labels"]) {
    layers[name] = svg("g", name === "labels" ? { class: name, "aria-hidden": "true" } : { class: name, role: "group" });
    picture.append(layers[name]);
  }
  const [tip, legend] = [div("tip"), div("legend")];
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  root.append(picture, legend, tip);
  parent.append(root);
  const view = { root, svg: picture, layers, tip, legend, bubbles: new Map(), stop: {}, place: 0, turn: 0, width: 0 };
  view.observer = new ResizeObserver(() => {
    if (Math.abs(root.clientWidth - view.width) > 1) draw(view);
  });
  view.observer.observe(root);
  listen(view);
  return view;
}

function draw(view) {
  const { map, found } = view.data;
  const began = performance.now();
  view.width = view.root.clientWidth;
  if (!view.width) return; // not on the page yet: the observer calls again
  const focus = view.root.getRootNode().activeElement?.dataset ?? {};
  const { kind, key } = focus;
  view.still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.family = getComputedStyle(view.root).fontFamily;
  view.map = map;
  view.place = Math.max(0, Math.min(view.place, map.places.length - 1));
  const { spots, scale, height } = layout(map, view.width);
  view.spots = spots;
  view.svg.setAttribute("width", view.width);
  const ways = routes(map, spots, view.width);
  view.svg.setAttribute("height", Math.ceil(Math.max(height, ...ways.map((way) => way.lowest + 12))) + 4);
  view.svg.setAttribute("aria-label", map.title);
  for (const name of ["places", "bubbles", "arrows"]) view.layers[name].setAttribute("aria-label", map.labels[name]);
  view.layers.places.replaceChildren(...map.places.map((place, at) => drawPlace(view, place, spots[at])));
  view.layers.labels.replaceChildren(...map.places.map((place, at) => drawLabel(view, place, spots[at])));
  drawBubbles(view, spots, scale);
  view.layers.arrows.replaceChildren(...map.arrows.map((arrow, at) => drawArrow(view, arrow, ways[at])));
  view.legend.replaceChildren(...map.legend.map(drawSign));
  search(view, found);
  stops(view);
  if (kind) element(view, kind, key)?.focus({ preventScroll: true });
  else tell(view, null);
  view.root.dataset.drawn = String(Number(view.root.dataset.drawn ?? 0) + 1);
  view.root.dataset.milliseconds = (performance.now() - began).toFixed(1);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const view = views.get(parentElement) ?? made(parentElement);
  views.set(parentElement, view);
  view.data = data;
  view.send = setTriggerValue;
  view.turn += 1;
  draw(view);
  const { turn } = view;
  return () => {
    // A call that came late is cleaned up after the next one: what that one shows stays.
    if (view.turn !== turn) return;
    view.observer.disconnect();
    view.root.remove();
    views.delete(parentElement);
  };
}
