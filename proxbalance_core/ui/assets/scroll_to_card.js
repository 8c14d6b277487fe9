// Brings the card that it stands in into view and gives it the focus, once for each visit.

const seen = new Set();
const PATIENCE = [50, 400, 1200]; // what stands above may still grow, in milliseconds

export default function ({ data, parentElement }) {
  const { visit } = data;
  if (seen.has(visit)) return undefined;
  seen.add(visit);
  const card = (parentElement.host ?? parentElement).closest('[class*="st-key-rec_card_"]');
  const quiet = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let taken = false; // once the reader scrolls, the page is the reader's
  const stop = () => {
    taken = true;
  };
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) window.addEventListener(kind, stop, { once: true });
  card.tabIndex = -1;
  for (const wait of PATIENCE) {
    setTimeout(() => {
      if (taken || !card.isConnected) return;
      card.scrollIntoView({ block: "center", behavior: quiet ? "auto" : "smooth" });
      card.focus({ preventScroll: true });
    }, wait);
  }
  return undefined;
}
