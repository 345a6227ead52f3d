/** A page that is printed from `table`, in paragraphs; `undefined` parts are left out. */
export function page(title: string, table: string, paragraphs: readonly (string | undefined)[]): string {
  const note = `<!-- Printed from ${table} by \`npm run docs\`: change it there. -->`;
  const parts = [`# ${title}`, note, ...paragraphs].filter((part) => part !== undefined);
  return `${parts.join('\n\n')}\n`;
}

export function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;
}

function escapeCell(text: string): string {
  return text.replace(/\|/g, '\\|');
}
