import { useEffect, useRef, useState } from "preact/hooks";

export interface Later<T> {
  value?: T;
  error?: string;
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The result of an asynchronous call, renewed when `inputs` change; the former one is shown meanwhile. Of changes that
 * come while a call is under way only the last is answered: the engine is never asked for more than is shown.
 */
export function useLater<T>(call: () => Promise<T>, inputs: readonly unknown[]): Later<T> {
  const [result, setResult] = useState<Later<T>>({});
  const state = useRef({ call, shown: true, running: false, again: false });
  const own = state.current;
  own.call = call;
  useEffect(() => {
    own.shown = true;
    return () => {
      own.shown = false;
    };
  }, []);
  useEffect(() => void renew(own, setResult), inputs);
  return result;
}

interface Calls<T> {
  call: () => Promise<T>;
  shown: boolean;
  running: boolean;
  again: boolean;
}

async function renew<T>(own: Calls<T>, setResult: (result: Later<T>) => void): Promise<void> {
  own.again = own.running;
  if (own.running) return;
  own.running = true;
  do {
    own.again = false;
    let result: Later<T>;
    try {
      result = { value: await own.call() };
    } catch (error) {
      result = { error: reason(error) };
    }
    if (own.shown) setResult(result);
  } while (own.again && own.shown);
  own.running = false;
}
