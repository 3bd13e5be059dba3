import type { JSX } from "preact";

import { Said } from "../figure/choice";
import { Matrix } from "../figure/matrix";
import { number, t } from "../language";
import type { Later } from "../later";
import type { Explanation, Forward, Gradient, Term } from "../protocol";

/** Larger windows are a list of their largest terms instead of grids. */
const MOST_IN_GRID = 11 * 11;
const MOST_CHANNELS = 4;
const MOST_TERMS = 12;

function value(of: number | null | undefined): number {
  return of ?? NaN;
}

/** Where a value comes from: what `stepnet why` says. */
export function Why({ why, backward }: { why: Later<Explanation>; backward: boolean }): JSX.Element {
  const explanation = why.value;
  if (explanation === undefined) return <Said kind="bad">{why.error}</Said>;
  return (
    <div class="why">
      <h3>
        <code>
          {explanation.name} = {number(value(explanation.value), 6)}
        </code>
      </h3>
      <p role="status">{explanation.ok ? t("why-agrees") : t("why-differs")}</p>
      {backward ? <Backward gradient={explanation.gradient} /> : <ForwardView forward={explanation.forward} value={explanation.value} />}
      {!backward && explanation.then && (
        <p>
          {t("why-then", { name: explanation.then.name })}{" "}
          <code>
            {explanation.then.numbers} = {number(value(explanation.then.value), 6)}
          </code>
        </p>
      )}
    </div>
  );
}

function ForwardView({ forward, value: result }: { forward: Forward; value: number | null }): JSX.Element {
  return (
    <>
      <p>
        <code class="formula-line">{forward.formula}</code>
      </p>
      <Sentence forward={forward} result={result} />
      {forward.window ? <Windows forward={forward} window={forward.window} /> : <Terms terms={forward.terms} />}
    </>
  );
}

/** How the terms became the value, in a sentence. */
function Sentence({ forward, result }: { forward: Forward; result: number | null }): JSX.Element {
  const sum = number(value(forward.check?.sum), 6);
  switch (forward.kind) {
    case "sum":
      return (
        <p>
          {forward.bias === null
            ? t("why-mean", { count: forward.terms.length, divisor: forward.divisor, result: number(value(result), 6) })
            : t("why-sum", { count: forward.terms.length, bias: number(forward.bias, 6), sum })}
        </p>
      );
    case "largest":
      return (
        <p>
          {t("why-largest", { count: forward.terms.length, winner: forward.terms[forward.winner]?.name ?? "?" })}{" "}
          {forward.margin !== null && t("why-margin", { margin: number(forward.margin) })}
        </p>
      );
    case "softmax":
      return <p>{t("why-softmax", { denominator: number(forward.denominator, 6) })}</p>;
    case "function":
      return (
        <p>
          <code>{forward.numbers}</code>
        </p>
      );
    case "input":
      return <p>{forward.numbers ? <code>{forward.numbers}</code> : t("why-input")}</p>;
    case "same":
      return <p>{t("why-same")}</p>;
    case "opaque":
      return <p>{t("why-opaque")}</p>;
  }
}

/** The window, the filter and the products as grids, channel by channel. */
function Windows({ forward, window }: { forward: Forward; window: [number, number, number] }): JSX.Element {
  const [height, width, channels] = window;
  if (height * width > MOST_IN_GRID) return <Terms terms={forward.terms} />;
  const of = (channel: number) => forward.terms.filter((_, index) => index % channels === channel);
  const total = (channel: number) => of(channel).reduce((sum, term) => sum + Math.abs(term.product ?? 0), 0);
  const order = Array.from({ length: channels }, (_, channel) => channel).sort((a, b) => total(b) - total(a));
  const shown = order.slice(0, MOST_CHANNELS).sort((a, b) => a - b);
  const winner = forward.kind === "largest" ? forward.winner : undefined;
  return (
    <>
      {shown.map((channel) => {
        const terms = of(channel);
        const grid = { rows: height, columns: width, digits: 2 };
        return (
          <div key={channel} class="matrices">
            <Matrix {...grid} caption={t("why-window", { channel })} values={terms.map((term) => value(term.value))} />
            {winner === undefined ? (
              <>
                <Matrix {...grid} caption={t("why-filter", { channel })} values={terms.map((term) => value(term.factor))} />
                <Matrix {...grid} caption={t("why-products", { channel })} values={terms.map((term) => value(term.product))} />
              </>
            ) : (
              <Matrix {...grid} caption={t("pool-mask")} values={terms.map((_, index) => (index * channels + channel === winner ? 1 : 0))} />
            )}
          </div>
        );
      })}
      {channels > shown.length && <p>{t("why-more-channels", { count: channels - shown.length })}</p>}
    </>
  );
}

/** The largest terms as a table. */
function Terms({ terms, gradient = false }: { terms: readonly Term[]; gradient?: boolean }): JSX.Element | null {
  if (terms.length === 0) return null;
  const order = [...terms].sort((a, b) => Math.abs(b.product ?? 0) - Math.abs(a.product ?? 0)).slice(0, MOST_TERMS);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("why-terms")}>
      <table class="list">
        <thead>
          <tr>
            <th>{t("why-term")}</th>
            <th>{gradient ? t("why-term-gradient") : t("why-term-value")}</th>
            <th>{gradient ? t("why-term-derivative") : t("why-term-factor")}</th>
            <th>{t("why-term-product")}</th>
          </tr>
        </thead>
        <tbody>
          {order.map((term, index) => (
            <tr key={index}>
              <th scope="row">
                <code>{term.name}</code>
              </th>
              <td>{number(value(term.value))}</td>
              <td>{number(value(term.factor))}</td>
              <td>{number(value(term.product))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {terms.length > order.length && <p>{t("why-more-terms", { count: terms.length - order.length })}</p>}
    </div>
  );
}

/** Where the gradient of a value comes from. */
function Backward({ gradient }: { gradient: Gradient | null }): JSX.Element {
  if (gradient === null) return <p>{t("why-no-gradient")}</p>;
  return (
    <>
      <p>{t("why-loss", { name: gradient.class_name, loss: number(value(gradient.loss_value)) })}</p>
      <p>
        <code class="formula-line">{gradient.formula}</code>
      </p>
      <p>{gradient.value === null ? t("why-no-gradient") : t("why-gradient", { gradient: number(gradient.value, 6), count: gradient.terms.length })}</p>
      <Terms terms={gradient.terms} gradient />
    </>
  );
}
