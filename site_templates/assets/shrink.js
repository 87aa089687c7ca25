/** A picture in other pixels: each is the mean of the area it covers, so no frequency aliases. */
export function reduced(image, width, height) {
  const across = resampled(image.data, image.width, image.height, width, false);
  const down = resampled(across, width, image.height, height, true);
  return new ImageData(Uint8ClampedArray.from(down, Math.round), width, height);
}

/** RGBA values with one side resampled to `length`; the other side stays as it is. */
function resampled(values, width, height, length, vertical) {
  const [side, others] = vertical ? [height, width] : [width, height];
  const out = new Float64Array(length * others * 4);
  const step = side / length;
  for (let i = 0; i < length; i++) {
    const [from, to] = [i * step, (i + 1) * step];
    for (let j = Math.floor(from); j < Math.min(side, Math.ceil(to - 1e-9)); j++) {
      const weight = (Math.min(to, j + 1) - Math.max(from, j)) / step;
      for (let other = 0; other < others; other++) {
        const target = 4 * (vertical ? i * width + other : other * length + i);
        const source = 4 * (vertical ? j * width + other : other * width + j);
        for (let c = 0; c < 4; c++) out[target + c] += weight * values[source + c];
      }
    }
  }
  return out;
}
