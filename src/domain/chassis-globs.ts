/**
 * Whether a chassis is named by one of these exact names or patterns, in which `*` stands for any characters.
 *
 * Every other character stands for itself: host names have dots.
 */
export function chassisMatcher(patterns: readonly string[]): (chassis: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(toExpression);
  return (chassis) => names.has(chassis) || globs.some((glob) => glob.test(chassis));
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}
