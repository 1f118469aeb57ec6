/** A line of a chart: points of x and y above 0. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const WIDTH = 640;
const HEIGHT = 360;
const LEFT = 64;
const RIGHT = 170;
const TOP = 36;
const BOTTOM = 44;
const COLOURS = ['#0b6e99', '#c2410c', '#15803d', '#7e22ce'];

/** A small chart with logarithmic axes: linear growth is a straight line of slope one. */
export function chartSvg({ title, x, y, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const across = axis(
    all.map(([value]) => value),
    [LEFT, WIDTH - RIGHT],
  );
  const up = axis(
    all.map(([, value]) => value),
    [HEIGHT - BOTTOM, TOP],
  );
  const text = (at: readonly [number, number], content: string, more = ''): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${content}</text>`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text([LEFT, 20], title, 'font-weight="bold"'),
    text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8], x, 'text-anchor="middle"'),
    text(
      [14, (TOP + HEIGHT - BOTTOM) / 2],
      y,
      `text-anchor="middle" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})"`,
    ),
  ];
  for (const tick of across.ticks) {
    const at = across.place(tick);
    lines.push(`<line x1="${at}" y1="${TOP}" x2="${at}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/>`);
    lines.push(text([at, HEIGHT - BOTTOM + 16], short(tick), 'text-anchor="middle"'));
  }
  for (const tick of up.ticks) {
    const at = up.place(tick);
    lines.push(`<line x1="${LEFT}" y1="${at}" x2="${WIDTH - RIGHT}" y2="${at}" stroke="#ddd"/>`);
    lines.push(text([LEFT - 6, at + 4], short(tick), 'text-anchor="end"'));
  }
  for (const [i, { name, points }] of series.entries()) {
    const colour = COLOURS[i % COLOURS.length] ?? 'black';
    const places = points.map(([px, py]) => `${across.place(px).toFixed(1)},${up.place(py).toFixed(1)}`);
    lines.push(`<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const place of places) {
      const [cx, cy] = place.split(',');
      lines.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`);
    }
    lines.push(text([WIDTH - RIGHT + 10, TOP + 14 + i * 18], name, `fill="${colour}"`));
  }
  return `${lines.join('\n')}\n</svg>\n`;
}

interface Axis {
  /** Powers of ten. */
  readonly ticks: readonly number[];
  place(value: number): number;
}

function axis(values: readonly number[], [from, to]: readonly [number, number]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
    place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e3) return `${value / 1e3}k`;
  return String(Number(value.toPrecision(3)));
}
