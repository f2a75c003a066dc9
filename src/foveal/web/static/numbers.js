// Numbers as people read them.

const grouped = new Intl.NumberFormat("en");

export const bytes = (count) => `${grouped.format(count)} bytes`;
export const shortBytes = (count) =>
  count < 1e6 ? `${(count / 1e3).toFixed(1)} KB` : `${(count / 1e6).toFixed(2)} MB`;
export const count = (number) => grouped.format(number);
export const percent = (share) => `${(100 * share).toFixed(0)}\u00a0%`; // not broken before the sign
export const change = (before, after) => {
  const share = after / before - 1;
  return `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(0)}\u00a0%`;
};
export const time = (seconds) => (seconds < 1 ? `${(1000 * seconds).toFixed(0)} ms` : `${seconds.toFixed(1)} s`);
