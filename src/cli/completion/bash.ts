import { choosers, flagsThatTake, quote } from './completions.js';
import type { Completion } from './completions.js';

/**
 * A script for bash 4.4 or later. Bash takes `--flag=value` for three words, so that a value is found behind `=`, too.
 * Where both would do, flags are offered once a `-` is typed.
 */
export function bashScript(completions: readonly Completion[]): string {
  const paths = completions.filter(({ path }) => path !== '').map(({ path }) => quote(path));
  return `# Completion of port-status for bash, printed by "port-status completion bash".
_port_status() {
  local current=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} at='' words='' flags='' i
  if [[ $current == '=' ]]; then current=''
  elif [[ $flag == '=' ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${paths.join('|')}) at+=" \${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case $at in
${completions.map(caseOf).join('\n')}
  esac
  if [[ $current == -* || -z $words ]]; then words=$flags; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

_port_status_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

complete -F _port_status port-status
`;
}

function caseOf(completion: Completion): string {
  const { path, words, flags } = completion;
  const chosen = choosers(completion).map(
    ({ name, values }) => `        ${name}) words=${quote(values.join(' '))} ;;`,
  );
  return [
    `    ${quote(path)})`,
    `      case $flag in`,
    ...branch(flagsThatTake(completion, 'path'), '_port_status_files "$current"; return'),
    ...branch(flagsThatTake(completion, 'text'), 'return'),
    ...chosen,
    `        *) words=${quote(words.map(({ name }) => name).join(' '))}`,
    `          flags=${quote(flags.map(({ name }) => name).join(' '))} ;;`,
    `      esac ;;`,
  ].join('\n');
}

function branch(flags: readonly string[], then: string): readonly string[] {
  return flags.length === 0 ? [] : [`        ${flags.join('|')}) ${then} ;;`];
}
