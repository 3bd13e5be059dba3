import type { JSX } from "preact";

import { t } from "../language";
import { Store, useStore } from "../store";

const SIZE = 5;
const FIRST = [1, 2, 0, -1, 3, 0, 4, 1, 2, -2, 3, -1, 2, 0, 1, 1, 0, -3, 2, 4, 2, 1, 0, 3, -1];

/** The reader's own numbers: the chapters share them. */
const numbers = new Store<readonly number[]>(FIRST);

export interface Reader {
  values: readonly number[];
  edit: (index: number, value: number) => void;
}

/** The reader's numbers, the first `size` rows and columns of them. */
export function useReader(size: number): Reader {
  const all = useStore(numbers);
  const place = (index: number) => Math.floor(index / size) * SIZE + (index % size);
  return {
    values: Array.from({ length: size * size }, (_, index) => all[place(index)]!),
    edit: (index, value) => numbers.set(all.with(place(index), value)),
  };
}

/** The buttons that fill in numbers. */
export function ReaderButtons(): JSX.Element {
  const random = () => numbers.set(FIRST.map(() => Math.floor(Math.random() * 9) - 4));
  return (
    <div class="buttons">
      <button type="button" onClick={random}>
        {t("reader-random")}
      </button>
      <button type="button" onClick={() => numbers.set(FIRST)}>
        {t("reader-reset")}
      </button>
    </div>
  );
}
