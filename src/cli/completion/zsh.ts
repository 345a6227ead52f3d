import { choosers, flagsThatTake, quote } from './completions.js';
import type { Completion, Named } from './completions.js';

/** A script for zsh: to be sourced behind compinit, or a file \`_port-status\` in a folder of \`fpath\`. */
export function zshScript(completions: readonly Completion[]): string {
  const paths = completions.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `#compdef port-status
# Completion of port-status for zsh, printed by "port-status completion zsh".
_port-status() {
  local flag=\${words[CURRENT-1]} at='' i
  local -a choices flags
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      (${paths.join('|')}) at+=" \${words[i]}" ;;
    esac
  done
  if [[ $PREFIX == --*=* ]]; then
    flag=\${PREFIX%%=*}
    compset -P '*='
  fi
  case $at in
${completions.map(caseOf).join('\n')}
  esac
  if [[ $PREFIX == -* || \${#choices} -eq 0 ]]; then _describe -o option flags
  else _describe word choices
  fi
}

if [[ \${funcstack[1]} == _port-status ]]; then _port-status "$@"
else compdef _port-status port-status
fi
`;
}

function caseOf(completion: Completion): string {
  const { path, words, flags } = completion;
  const chosen = choosers(completion).map(
    ({ name, values }) => `        (${name}) choices=(${values.map(quote).join(' ')}) ;;`,
  );
  return [
    `    (${quote(path)})`,
    `      case $flag in`,
    ...branch(flagsThatTake(completion, 'path'), '_files; return'),
    ...branch(flagsThatTake(completion, 'text'), 'return'),
    ...chosen,
    `        (*)`,
    `          choices=(${words.map(described).join(' ')})`,
    `          flags=(${flags.map(described).join(' ')}) ;;`,
    `      esac ;;`,
  ].join('\n');
}

/** A name and, behind a colon, what it means. */
function described({ name, doc }: Named): string {
  return quote(`${name}:${doc}`);
}

function branch(flags: readonly string[], then: string): readonly string[] {
  return flags.length === 0 ? [] : [`        (${flags.join('|')}) ${then} ;;`];
}
