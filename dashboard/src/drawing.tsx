import type { ComponentChildren, JSX } from 'preact';

/** A box of the picture. */
export function Box(props: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly tone: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { x, y, width, height, tone, children } = props;
  return (
    <g class={`box ${tone}`}>
      <rect x={x} y={y} width={width} height={height} rx={8} />
      {children}
    </g>
  );
}

/** An arrow to the right, with a rate above it. */
export function Arrow({
  from,
  to,
  y,
  label,
}: {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly label: string | undefined;
}): JSX.Element {
  return (
    <g class="arrow">
      <path d={`M${from + 4} ${y} H${to - 8}`} />
      <path class="tip" d={`M${to - 10} ${y - 6} L${to} ${y} L${to - 10} ${y + 6} Z`} />
      <text x={(from + to) / 2} y={y - 8}>
        {label ?? ''}
      </text>
    </g>
  );
}
