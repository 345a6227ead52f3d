/** The id of a history's port. Ports lie in different shares of a sweep, which are ranges of ids (domain/share.ts). */
export function portIdOf(number: number): string {
  const first = (Math.imul(number, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${first}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
