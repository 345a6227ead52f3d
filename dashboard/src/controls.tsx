import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

const CONTROLS = [
  { path: 'kill', label: 'Kill a server', done: 'A server was killed; it comes back after 6 s.' },
  { path: 'boot', label: 'Boot 1,000 VMs', done: 'A thousand VMs boot.' },
] as const;

type Control = (typeof CONTROLS)[number];

/** In the demo alone: makes something happen that is worth looking at. */
export function Controls(): JSX.Element {
  const [said, setSaid] = useState('');
  const act = async ({ path, done }: Control): Promise<void> => {
    try {
      const { ok } = await fetch(`demo/${path}`, {
        method: 'POST',
        headers: { 'x-port-status-control': 'yes' },
      });
      setSaid(ok ? done : 'The demo refused.');
    } catch {
      setSaid('The demo does not answer.');
    }
  };
  return (
    <section aria-labelledby="controls">
      <h2 id="controls">Drive the demo</h2>
      <div class="choice">
        {CONTROLS.map((control) => (
          <button type="button" key={control.path} onClick={() => void act(control)}>
            {control.label}
          </button>
        ))}
        <span role="status">{said}</span>
      </div>
    </section>
  );
}
