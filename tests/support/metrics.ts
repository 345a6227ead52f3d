import type { Program } from './process.js';

/** The sum of a counter, or gauge, over programs with `http.listen`, and over all label sets that contain these labels. */
export async function countOf(
  programs: readonly Program[],
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const pages = await Promise.all(programs.map(readMetrics));
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const counts = pages
    .flatMap((page) => page.split('\n'))
    .filter(
      (line) =>
        (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) &&
        wanted.every((label) => line.includes(label)),
    )
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function readMetrics(program: Program): Promise<string> {
  const { address } = await program.logged('http.listening');
  return (await fetch(`http://${String(address)}/metrics`)).text();
}
