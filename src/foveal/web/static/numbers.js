// Numbers as people read them.

const grouped = new Intl.NumberFormat("en");

export const bytes = (count) => `${grouped.format(count)} bytes`;
export const shortBytes = (count) =>
  count < 1e6 ? `${(count / 1e3).toFixed(1)} KB` : `${(count / 1e6).toFixed(2)} MB`;
export const count = (number) => grouped.format(number);
export const percent = (share) => `${(100 * share).toFixed(0)} %`;
export const change = (before, after) => {
  const share = after / before - 1;
  return `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(0)} %`;
};
