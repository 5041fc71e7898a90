/**
 * One line: what the gateway does, what it is held against, and what the ratio must be.
 *
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} unit
 * @property {number} ours
 * @property {number} bare what it stands beside: the bare server, unless `beside` says otherwise
 * @property {string} [beside]
 * @property {number} [cpu] CPU µs of one operation
 * @property {number} [bareCpu]
 * @property {number} [atLeast] bounds of the ratio
 * @property {number} [atMost]
 * @property {number} [mostOurs] bound of the figure itself
 */

/** @param {Figure} figure */
export function judged(figure) {
  const { ours, bare, atLeast, atMost, mostOurs, cpu, bareCpu } = figure;
  const ratio = ours / bare;
  const cpuRatio = cpu && bareCpu ? bareCpu / cpu : undefined;
  const bounds = [atLeast === undefined || ratio >= atLeast, atMost === undefined || ratio <= atMost];
  const ok = [...bounds, mostOurs === undefined || ours <= mostOurs].every(Boolean);
  const hasTarget = (atLeast ?? atMost ?? mostOurs) !== undefined;
  return { ...figure, ratio, cpuRatio, ...(hasTarget && { ok }) };
}

const COLUMNS = ['', 'gateway', 'beside', 'ratio', 'target', '', 'CPU µs', 'beside', 'ratio'];

export function printTable(machine, groups) {
  const lines = [COLUMNS];
  for (const { title, figures, failed } of groups) {
    lines.push([], [title]);
    if (failed) lines.push([`  failed: ${failed}`]);
    for (const figure of figures) lines.push(line(figure));
  }
  const widths = COLUMNS.map((_, column) =>
    Math.max(...lines.filter((l) => l.length > 1).map((l) => l[column].length)),
  );
  const { node, cores, cpu, loadBefore } = machine;
  process.stdout.write(`Node ${node}, ${cores} cores (${cpu}), load before ${loadBefore.toFixed(1)}\n\n`);
  for (const cells of lines) {
    const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i])));
    process.stdout.write(`${padded.join('  ').trimEnd()}\n`);
  }
}

function line({ name, unit, ours, bare, beside, ratio, cpu, bareCpu, cpuRatio, atLeast, atMost, mostOurs, ok }) {
  const target = atLeast ? `≥ ${atLeast}` : atMost ? `≤ ${atMost}` : mostOurs ? `≤ ${mostOurs} ${unit}` : '';
  return [
    `  ${name}`,
    amount(ours, unit),
    `${amount(bare, unit)}${beside ? ` (${beside})` : ''}`,
    ratio.toFixed(2),
    target,
    ok === undefined ? '' : ok ? 'ok' : 'miss',
    micros(cpu),
    micros(bareCpu),
    cpuRatio === undefined ? '' : cpuRatio.toFixed(2),
  ];
}

const amount = (value, unit) =>
  unit === '/s' ? Math.round(value).toLocaleString('en') + unit : `${value.toFixed(2)} ${unit}`;
const micros = (value) => (value === undefined || Number.isNaN(value) ? '' : value.toFixed(1));
