import type { JSX } from "preact";

import { number, t } from "../language";
import type { Change, Checked } from "../protocol";
import { check } from "./actions";

/** A change that the shape doctor proposes, in the reader's language. */
export function described(change: Change): string {
  switch (change.change) {
    case "replace":
      return t("fix-replace", { layer: change.layer, to: change.to });
    case "insert":
      return change.before === null ? t("fix-append", { what: change.what }) : t("fix-insert", { what: change.what, before: change.before });
    case "remove":
      return t("fix-remove", { layer: change.layer });
    case "move":
      return t("fix-move", { layer: change.layer, before: change.before });
    case "repeat":
      return t("fix-repeat", { from: change.from, to: change.to });
    case "all_padded":
      return t("fix-all-padded");
    case "dense":
      return t("fix-dense");
    case "input":
      return t("fix-input", { from: change.from.join(" × "), to: change.to.join(" × ") });
  }
}

/** What the check says about the text: sizes if it fits, the doctor's advice if it does not. */
export function Advice({ checked }: { checked: Checked | undefined }): JSX.Element {
  if (checked === undefined) return <p class="said" role="status" />;
  if (checked.ok) {
    const { parameters, multiplyAdds } = checked.summary;
    return (
      <div class="said good" role="status">
        <p>{t("check-fits", { parameters, products: multiplyAdds, megabytes: number(checked.trainingBytes / 1e6, 3) })}</p>
        {checked.advice && <p lang="en">{checked.advice}</p>}
      </div>
    );
  }
  const { diagnosis } = checked;
  const fix = diagnosis?.fix;
  const network = fix?.network;
  return (
    <div class="said bad" role="status">
      {diagnosis ? (
        <p>
          {t("check-misfit", { layer: diagnosis.layer, input: diagnosis.input.join(" × ") })}{" "}
          <span lang="en">
            {diagnosis.problem}
            {diagnosis.formula && `: ${diagnosis.formula}`}
          </span>
        </p>
      ) : (
        <p>
          {checked.column > 0 ? t("check-column", { column: checked.column }) : t("check-wrong")} <span lang="en">{checked.message}</span>
        </p>
      )}
      {fix && (
        <p>
          {t("check-fix")} {fix.changes.map(described).join("; ")}.{" "}
          {network && (
            <button type="button" onClick={() => void check(network)}>
              {t("check-apply")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
