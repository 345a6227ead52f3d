import { useEffect, useState } from 'preact/hooks';
import { pauseAfter } from './questions.js';

/** What came of a question. */
export interface Answered<T> {
  readonly answer?: T;
  readonly error?: string;
}

/** Asks the API. Never throws: an error is an answer. */
export async function ask<T>(path: string): Promise<Answered<T>> {
  try {
    const response = await fetch(`api/v1/${path}`);
    const body: unknown = await response.json();
    if (response.ok) return { answer: body as T };
    return { error: (body as { readonly error: string }).error };
  } catch {
    return { error: 'the server does not answer' };
  }
}

/** The last answer that came. */
export interface LastAnswer<T> extends Answered<T> {
  /** Whether it is the answer to something else that was asked before. */
  readonly isOld: boolean;
}

/** Asks at once, and again and again, the less often the longer an answer takes. What was answered before stays while a new answer is awaited. */
export function useAnswer<T>(path: string, everyMs: number): LastAnswer<T> {
  const [answered, setAnswered] = useState<Answered<T> & { readonly path?: string }>({});
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = async (): Promise<void> => {
      const beganMs = performance.now();
      const next = await ask<T>(path);
      if (isOver) return;
      setAnswered({ ...next, path });
      timer = setTimeout(() => void again(), pauseAfter(performance.now() - beganMs, everyMs));
    };
    void again();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return { ...answered, isOld: answered.path !== path };
}
