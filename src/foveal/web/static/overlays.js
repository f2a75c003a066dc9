// Pictures that are laid over the photo: its importance, and the bits of each block.

// Dark where little, light where much, as in the reports: lightness rises evenly, also for the colour-blind.
const COLORS = [[8, 8, 28], [66, 22, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 190]];

export function drawImportance({ values, width, height }) {
  return drawPixels(width, height, (place) => {
    const value = values[place];
    return [20, 40, 90, Math.round(215 * (1 - Math.sqrt(value / 255)))];
  });
}

// Return the importance as a grey PNG, which --saliency accepts.
export function toPicture({ values, width, height }) {
  return drawPixels(width, height, (place) => [values[place], values[place], values[place], 255]).convertToBlob();
}

export function drawBits(bits, rows, columns) {
  const brightest = Math.max(1, bits.slice().sort()[Math.floor(0.995 * (bits.length - 1))]);
  return drawPixels(columns, rows, (place) => [...colorOf(Math.min(1, bits[place] / brightest)), 200]);
}

function drawPixels(width, height, color) {
  const pixels = new ImageData(width, height);
  for (let place = 0; place < width * height; place++) pixels.data.set(color(place), 4 * place);
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

function colorOf(share) {
  const position = share * (COLORS.length - 1);
  const low = Math.min(COLORS.length - 2, Math.floor(position));
  return COLORS[low].map((value, channel) => value + (COLORS[low + 1][channel] - value) * (position - low));
}
