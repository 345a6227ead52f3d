import { useEffect, useState } from 'preact/hooks';

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

/** Asks at once, and again and again. What was answered before stays while a new answer is awaited. */
export function useAnswer<T>(path: string, everyMs: number): Answered<T> {
  const [answered, setAnswered] = useState<Answered<T>>({});
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = async (): Promise<void> => {
      const next = await ask<T>(path);
      if (isOver) return;
      setAnswered(next);
      timer = setTimeout(() => void again(), everyMs);
    };
    void again();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return answered;
}
