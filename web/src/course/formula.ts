/**
 * The formulas that readers type: numbers, names, + - * / ^, brackets, floor(...), ceil(...).
 * A formula is parsed, never run as code.
 */

export type Values = Readonly<Record<string, number>>;
export type Formula = (values: Values) => number;

/** A formula that cannot be read: where, counted from 1, and what stands there. */
export class FormulaError extends Error {
  constructor(
    readonly column: number,
    readonly found: string,
  ) {
    super(`column ${column}: ${found}`);
  }
}

const FUNCTIONS: Readonly<Record<string, (value: number) => number>> = { floor: Math.floor, ceil: Math.ceil };
/** Nested brackets beyond this are refused, so that a formula cannot exhaust the stack. */
const DEEPEST = 50;

class Reader {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly names: readonly string[],
  ) {}

  whole(): Formula {
    const formula = this.sum();
    if (this.peek() !== "") throw this.wrong();
    return formula;
  }

  private wrong(at = this.at): FormulaError {
    return new FormulaError(at + 1, this.text.slice(at, at + 12));
  }

  private peek(): string {
    while (/\s/.test(this.text[this.at] ?? "")) this.at++;
    return this.text[this.at] ?? "";
  }

  private take(...signs: string[]): string | undefined {
    const next = this.peek();
    if (!signs.includes(next)) return undefined;
    this.at++;
    return next;
  }

  private sum(): Formula {
    let left = this.product();
    for (let sign = this.take("+", "-"); sign !== undefined; sign = this.take("+", "-")) {
      const [a, b, plus] = [left, this.product(), sign === "+"];
      left = (values) => (plus ? a(values) + b(values) : a(values) - b(values));
    }
    return left;
  }

  private product(): Formula {
    let left = this.signed();
    for (let sign = this.take("*", "/", "·", "×"); sign !== undefined; sign = this.take("*", "/", "·", "×")) {
      const [a, b, over] = [left, this.signed(), sign === "/"];
      left = (values) => (over ? a(values) / b(values) : a(values) * b(values));
    }
    return left;
  }

  private signed(): Formula {
    if (this.take("-") !== undefined) {
      const a = this.nested(() => this.signed());
      return (values) => -a(values);
    }
    const base = this.atom();
    if (this.take("^") === undefined) return base;
    const power = this.nested(() => this.signed());
    return (values) => base(values) ** power(values);
  }

  private atom(): Formula {
    this.peek();
    const start = this.at;
    const number = /^\d+(\.\d+)?/.exec(this.text.slice(this.at))?.[0];
    if (number !== undefined) {
      this.at += number.length;
      return () => Number(number);
    }
    if (this.take("(") !== undefined) return this.closed();
    const name = /^[A-Za-z_][A-Za-z_0-9]*/.exec(this.text.slice(this.at))?.[0];
    if (name === undefined) throw this.wrong();
    this.at += name.length;
    const called = FUNCTIONS[name];
    if (called !== undefined && this.take("(") !== undefined) {
      const inner = this.closed();
      return (values) => called(inner(values));
    }
    if (!this.names.includes(name)) throw this.wrong(start);
    return (values) => values[name]!;
  }

  private closed(): Formula {
    const inner = this.nested(() => this.sum());
    if (this.take(")") === undefined) throw this.wrong();
    return inner;
  }

  private nested(read: () => Formula): Formula {
    if (++this.depth > DEEPEST) throw this.wrong();
    const formula = read();
    this.depth--;
    return formula;
  }
}

/** The formula in `text`, which may use these names. */
export function parseFormula(text: string, names: readonly string[]): Formula {
  return new Reader(text, names).whole();
}
