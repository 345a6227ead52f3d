import type { Completion, CompletedFlag, Followed } from './completions.js';

/** A script for fish 3.0 or later. */
export function fishScript(completions: readonly Completion[]): string {
  const paths = completions.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `# Completion of port-status for fish, printed by "port-status completion fish".
function __port_status_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${paths.join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end

complete -c port-status -f
${completions.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, words, flags }: Completion): readonly string[] {
  const head = `complete -c port-status -n ${quote(`__port_status_at ${quote(path)}`)}`;
  return [
    ...words.map(({ name, doc }) => `${head} -a ${quote(name)} -d ${quote(doc)}`),
    ...flags.map((flag) => `${head} ${flagWords(flag)}`),
  ];
}

function flagWords({ name, doc, takes }: CompletedFlag): string {
  return `-l ${name.slice(2)} ${followed(takes)}-d ${quote(doc)}`;
}

/** How fish is told what follows a flag. */
function followed(takes: Followed): string {
  if (typeof takes !== 'string') return `-x -a ${quote(takes.join(' '))} `;
  return { nothing: '', text: '-x ', path: '-r -F ' }[takes];
}

/** In fish a backslash, too, means something between quotes. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
