/** Writes pages for man(1), in the macros of man(7). */

/** Markdown as roff: `code` is bold, a link is its text. */
export function inline(markdown: string): string {
  return markdown
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .split('`')
    .map((part, index) => (index % 2 === 1 ? bold(part) : escape(part)))
    .join('');
}

export function bold(text: string): string {
  return `\\fB${escape(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${escape(text)}\\fR`;
}

/** No text may begin a line as a request does, and hyphens of flags must stay what they are. */
function escape(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

/** @param inlined what is roff already, as all that follows here takes it. */
export function paragraph(inlined: string): string {
  return `.PP\n${inlined}\n`;
}

export function section(title: string, ...parts: readonly string[]): string {
  return `.SH ${title}\n${parts.join('')}`;
}

export function subsection(inlined: string, ...parts: readonly string[]): string {
  return `.SS ${inlined}\n${parts.join('')}`;
}

/** A term, and indented below it what it means. */
export function item(term: string, meaning: string): string {
  return `.TP\n${term}\n${meaning}\n`;
}

/** Lines as they are typed. */
export function typed(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `.PP\n.RS\n.nf\n${lines.map((line) => `${bold(line)}\n`).join('')}.fi\n.RE\n`;
}
