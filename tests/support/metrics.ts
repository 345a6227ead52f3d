import { parseSamples, sumOf } from '../../src/runtime/samples.js';
import type { Program } from './process.js';

/** The sum of a counter, or gauge, over programs with `http.listen`, and over all label sets that contain these labels. */
export async function countOf(
  programs: readonly Program[],
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const pages = await Promise.all(programs.map(readMetrics));
  return sumOf(pages.flatMap(parseSamples), name, labels);
}

/** What a program with `http.listen` serves at `/metrics`. */
export async function readMetrics(program: Program): Promise<string> {
  const { address } = await program.logged('http.listening');
  return (await fetch(`http://${String(address)}/metrics`)).text();
}
