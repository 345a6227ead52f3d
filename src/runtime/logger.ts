import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

/** A logger whose lines bear constant event names: `log.info({ event: 'listener.joined', generation }, 'joined')`. */
export type Logger = PinoLogger;

/** Lines of JSON on standard error, so that standard output belongs to the command's answer. */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Says nothing: for tests and for parts that run without a log. */
export const silentLogger: Logger = pino({ level: 'silent' });
