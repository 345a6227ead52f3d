import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { SwitchPort, SwitchUpdate } from '../../agent/port-source.js';

/**
 * A switch that exists only here: its agent connects to a unix socket and gets one SwitchUpdate per line of JSON, first
 * a dump of all that is plugged.
 */
export class SimulatedSwitch {
  readonly #ports = new Map<string, SwitchPort>();
  readonly #agents = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#welcome(socket));

  /** Begins to listen; `path` must not exist yet. */
  async open(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  /** Plugs a port in; one that is plugged is unplugged and plugged anew in the same change. */
  plug(port: SwitchPort): void {
    this.#ports.set(port.portId, port);
    this.#send({ kind: 'change', ports: [port] });
  }

  unplug(portId: string): void {
    const port = this.#ports.get(portId);
    if (port === undefined) return;
    this.#ports.delete(portId);
    this.#send({ kind: 'change', ports: [{ ...port, status: 'DOWN', isGone: true }] });
  }

  close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #welcome(socket: Socket): void {
    this.#agents.add(socket);
    socket.on('close', () => this.#agents.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', () => this.#dump(socket)); // whatever an agent says means: a new dump, please
    this.#dump(socket);
  }

  #dump(socket: Socket): void {
    socket.write(encode({ kind: 'dump', ports: [...this.#ports.values()] }));
  }

  #send(update: SwitchUpdate): void {
    const line = encode(update);
    for (const agent of this.#agents) agent.write(line);
  }
}

function encode(update: SwitchUpdate): string {
  return `${JSON.stringify(update)}\n`;
}
