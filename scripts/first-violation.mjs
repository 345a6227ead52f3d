// Plays the histories of the sources in a folder that were compiled there, until one goes wrong: prints its seed and what
// is wrong with it as one JSON object, or `{}` where none does.
//   node scripts/first-violation.mjs FOLDER LAST_SEED STEPS
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';

const [folder, last, steps] = process.argv.slice(2);
const players = pathToFileURL(`${folder}/dist/simulator/histories/players.js`).href;
const { playInParallel } = await import(players);

const histories = playInParallel({
  ...{ first: 1, last: Number(last), steps: Number(steps), jobs: availableParallelism() },
  signal: AbortSignal.any([]),
});
for await (const { seed, complaints } of histories) {
  if (complaints.length === 0) continue;
  console.log(JSON.stringify({ seed, complaint: complaints[0] }));
  process.exit();
}
console.log('{}');
