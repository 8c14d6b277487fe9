// Where the circles of the cluster map stand, and how an arrow runs. Pure functions of sizes in pixels.

const RING = 9; // around a circle: the penalty ring and the air beside it
const LARGEST = 150;
const SMALLEST = 44;

/** Between two cells: arrows pass here. */
const gap = (width) => (width < 500 ? 14 : 26);
/** What fills a screen beside the controls, and how far a busy drawing may scroll. */
const screen = (width) => Math.max(560, 0.62 * width);

/** Rows of text under a circle, in pixels. */
function labelHeight(map) {
  const rows = Math.max(0, ...map.places.map((place) => 2 + (map.predicted ? place.shifts.length : place.lines.length)));
  return rows * 15 + 10;
}

/** Circles of one size in a grid: as large as they can be on one screen, else as many in a row as are still told apart. */
function grid(map, width) {
  const [count, label, air] = [map.places.length, labelHeight(map), gap(width)];
  const least = map.predicted ? SMALLEST + 6 : SMALLEST;
  const across = (columns) => (width - air * (columns - 1)) / columns / 2 - RING;
  const most = Math.max(1, Math.min(count, Math.floor((width + air) / (2 * (least + RING) + air))));
  let [columns, radius] = [most, Math.min(across(most), LARGEST)];
  let best = 0;
  for (let tried = 1; tried <= most; tried += 1) {
    const down = (screen(width) / Math.ceil(count / tried) - label - air) / 2 - RING;
    const fits = Math.min(across(tried), down, LARGEST);
    if (fits >= least && fits > best) [columns, radius, best] = [tried, fits, fits];
  }
  const cell = (width - air * (columns - 1)) / columns;
  const high = 2 * (radius + RING) + label;
  const spots = map.places.map((_, at) => ({
    x: (at % columns) * (cell + air) + cell / 2,
    y: Math.floor(at / columns) * (high + air) + radius + RING,
    r: radius,
    room: cell + air - 8,
  }));
  return { spots, height: Math.ceil(count / columns) * (high + air) - air };
}

/** Circles of different sizes in rows, left to right; the scale is the largest that keeps them on about one screen. */
function shelves(map, width) {
  const [label, air] = [labelHeight(map), gap(width) / 2];
  const set = (scale) => {
    const spots = [];
    let [x, y, high] = [0, 0, 0];
    for (const place of map.places) {
      const radius = Math.max(14, place.radius * scale + 5);
      const cell = Math.max(2 * radius, Math.min(110, width));
      if (x > 0 && x + cell > width) [x, y, high] = [0, y + high + air, 0];
      spots.push({ x: x + cell / 2, y, r: radius, room: cell + 8 });
      x += cell + air;
      high = Math.max(high, 2 * radius + label);
      spots.at(-1).top = y;
    }
    return { spots: spots.map((spot) => ({ ...spot, y: spot.top + spot.r })), height: y + high };
  };
  const widest = Math.max(...map.places.map((place) => place.radius), 1);
  let [low, top] = [0.5, Math.min(LARGEST / 3, (width / 2 - 6) / widest)];
  for (let step = 0; step < 12; step += 1) {
    const middle = (low + top) / 2;
    if (set(middle).height > 1.6 * screen(width)) top = middle;
    else low = middle;
  }
  return { ...set(low), scale: low };
}

/** Everything's place: circles, the scale of the bubbles, and the height of the drawing. */
function layout(map, width) {
  if (!map.places.length) return { spots: [], scale: 1, height: 0 };
  if (!map.even) return shelves(map, width);
  const { spots, height } = grid(map, width);
  const widest = Math.max(...map.places.map((place) => place.radius), 1);
  return { spots, height, scale: Math.min(0.42 * spots[0].r, (spots[0].r - 4) / widest) };
}

const BENDS = [0.14, -0.14, 0.28, -0.28, 0.45, -0.45, 0.65, -0.65];
const SAMPLES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** A bow from circle to circle, bent by a part of their distance. */
function bow(from, to, clear, bend) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const via = { x: (from.x + to.x) / 2 - dy * bend, y: (from.y + to.y) / 2 + dx * bend };
  const edge = (circle, off) => {
    const [ex, ey] = [via.x - circle.x, via.y - circle.y];
    const way = Math.hypot(ex, ey) || 1;
    return { x: circle.x + (ex / way) * (circle.r + off), y: circle.y + (ey / way) * (circle.r + off) };
  };
  return { start: edge(from, RING), via, end: edge(to, RING + clear) };
}

function along({ start, via, end }, t) {
  const mix = (one, two, three) => (1 - t) * (1 - t) * one + 2 * t * (1 - t) * two + t * t * three;
  return { x: mix(start.x, via.x, end.x), y: mix(start.y, via.y, end.y) };
}

/** Whether a point lies on the words under a circle. */
function onWords(point, spots) {
  return spots.some((o) => Math.abs(point.x - o.x) < 45 && point.y > o.y && point.y < o.y + o.r + 65);
}

/** How much of a bow lies on other circles, beyond the edges, or on the words under circles; straighter is better. */
function nuisance(way, bend, others, spots, width) {
  const points = SAMPLES.map((t) => along(way, t));
  const hits = points.filter((p) => others.some((o) => Math.hypot(p.x - o.x, p.y - o.y) < o.r + RING));
  const out = points.filter((p) => p.x < 2 || p.x > width - 2 || p.y < 2);
  const words = points.filter((p) => onWords(p, spots));
  return hits.length + 1.5 * out.length + 0.4 * words.length + 2 * Math.abs(bend) + (bend < 0 ? 0.1 : 0);
}

/** The way of an arrow between two circles, round the others where that can be. */
function route(from, to, clear, spots, width) {
  const others = spots.filter((spot) => spot !== from && spot !== to);
  const tried = BENDS.map((bend) => {
    const way = bow(from, to, clear, bend);
    return { way, cost: nuisance(way, bend, others, spots, width) };
  });
  const { way } = tried.reduce((best, next) => (next.cost < best.cost ? next : best));
  const { start, via, end } = way;
  const path = `M${start.x},${start.y} Q${via.x},${via.y} ${end.x},${end.y}`;
  const lowest = Math.max(...SAMPLES.map((t) => along(way, t).y));
  const readable = [0.5, 0.35, 0.65, 0.25, 0.75].map((t) => along(way, t));
  const middle = readable.find((point) => !onWords(point, spots)) ?? readable[0];
  return { path, end, lowest, middle, angle: Math.atan2(end.y - via.y, end.x - via.x) };
}

const arrowWidth = (arrow) => Math.min(14, 1.5 + 1.5 * arrow.vmids.length);
const arrowHead = (arrow) => 7 + arrowWidth(arrow);

/** The ways of all arrows; one that bows below the last row makes the drawing higher. */
function routes(map, spots, width) {
  return map.arrows.map((arrow) => route(spots[arrow.source], spots[arrow.target], arrowHead(arrow), spots, width));
}

/** A part of a ring, from turn to turn, as an SVG path. */
function arc(spot, radius, begins, ends) {
  const point = (turn) => {
    const angle = (turn - 0.25) * 2 * Math.PI;
    return `${(spot.x + radius * Math.cos(angle)).toFixed(2)},${(spot.y + radius * Math.sin(angle)).toFixed(2)}`;
  };
  const last = Math.min(ends, begins + 0.9999);
  return `M${point(begins)} A${radius},${radius} 0 ${last - begins > 0.5 ? 1 : 0} 1 ${point(last)}`;
}
