import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ask } from "../engine";
import { largest } from "../figure/colour";
import { channel, MapImage, PickMap } from "../figure/map";
import type { Area } from "../figure/matrix";
import { PositionControl, usePosition } from "../figure/position";
import { t } from "../language";
import { useLater } from "../later";
import type { Activations, Tensor, Term } from "../protocol";
import { useStore } from "../store";
import { image } from "./actions";
import { lab } from "./state";
import { Weights } from "./weights";
import { Why } from "./why";

type LayerValues = Activations["layers"][number];

/** As many feature maps as are shown at once. */
const MOST_MAPS = 64;

interface Props {
  here: LayerValues;
  /** The layer that feeds it. */
  before: LayerValues | undefined;
  /** The layer that it feeds. */
  after: LayerValues | undefined;
  /** Gradients instead of values. */
  backward: boolean;
}

/** The window that terms fill in the maps that they come from. */
function windowOf(terms: readonly Term[] | undefined, shape: readonly number[]): Area | undefined {
  if (terms === undefined || shape.length < 3) return undefined;
  const places = terms.flatMap((term) => (term.at?.length === 3 ? [term.at] : []));
  if (places.length === 0) return undefined;
  const [rows, columns] = [places.map((place) => place[0]!), places.map((place) => place[1]!)];
  const [row, column] = [Math.min(...rows), Math.min(...columns)];
  return { row, column, height: Math.max(...rows) - row + 1, width: Math.max(...columns) - column + 1 };
}

/** The channel of the largest contribution: the map before that is shown next to the window. */
function mainChannel(terms: readonly Term[] | undefined): number {
  let [best, found] = [-1, 0];
  for (const term of terms ?? []) {
    const size = Math.abs(term.product ?? 0);
    if (term.at?.length === 3 && size > best) [best, found] = [size, term.at[2]!];
  }
  return found;
}

/** The feature maps of a layer, one of them large, and where a value of it comes from. */
export function LayerView({ here, before, after, backward }: Props): JSX.Element {
  const { subject, weights, run, model } = useStore(lab);
  const { shape } = here.output;
  const volume = shape.length >= 3;
  const [height, width, channels] = volume ? (shape as [number, number, number]) : [shape[0] ?? 1, 1, 1];
  const [chosenMap, setMap] = useState(0);
  const map = Math.min(chosenMap, channels - 1);
  const position = usePosition(height * width);
  const [row, column] = [Math.floor(position.index / width), position.index % width];
  const shown = (backward ? here.gradient : here.output) ?? here.output;
  const scale = largest(shown.values);
  const at = volume ? `${here.name}[${row},${column},${map}]` : `${here.name}[${row}]`;
  const why = useLater(() => ask("why", { image: image(), at, gradient: backward, top: null }), [subject, weights, run, model, at, backward]);
  const pick = (r: number, c: number) => {
    position.play(false);
    position.go(r * width + c);
  };
  return (
    <>
      {volume && <Maps shown={shown} scale={scale} channels={channels} map={map} choose={setMap} />}
      <PositionControl position={position} label={t("see-value")} />
      <div class="see-maps">
        {before && !backward && <Neighbour layer={before} values={before.output} terms={why.value?.forward.terms} />}
        <figure>
          <figcaption>
            <code>{volume ? `${here.name}[:, :, ${map}]` : here.name}</code> {backward && t("map-gradient")}
          </figcaption>
          <PickMap
            label={t("map-label", { name: here.name })}
            plane={channel(shape, shown.values, map)}
            scale={scale}
            chosen={{ row, column }}
            onPick={pick}
          />
        </figure>
        {after?.gradient && backward && <Neighbour layer={after} values={after.gradient} terms={why.value?.gradient?.terms} />}
      </div>
      <Why why={why} backward={backward} />
      <Weights layer={here.name} map={map} />
    </>
  );
}

/** The layer that a value comes from, or that its gradient comes from, with the window of the terms. */
function Neighbour({ layer, values, terms }: { layer: LayerValues; values: Tensor; terms: readonly Term[] | undefined }): JSX.Element {
  const { shape } = values;
  const source = mainChannel(terms);
  return (
    <figure>
      <figcaption>
        <code>{shape.length >= 3 ? `${layer.name}[:, :, ${source}]` : layer.name}</code>
      </figcaption>
      <PickMap
        label={t("map-before", { name: layer.name })}
        plane={channel(shape, values.values, source)}
        scale={largest(values.values)}
        window={windowOf(terms, shape)}
      />
    </figure>
  );
}

function Maps(props: {
  shown: Tensor;
  scale: number;
  channels: number;
  map: number;
  choose: (map: number) => void;
}): JSX.Element {
  const { shown, scale, channels, map } = props;
  const count = Math.min(channels, MOST_MAPS);
  return (
    <div class="maps" role="group" aria-label={t("maps-label")}>
      {Array.from({ length: count }, (_, index) => (
        <button key={index} type="button" aria-pressed={index === map} aria-label={t("maps-one", { number: index })} onClick={() => props.choose(index)}>
          <MapImage plane={channel(shown.shape, shown.values, index)} scale={scale} />
        </button>
      ))}
      {channels > count && <span>{t("maps-more", { count: channels - count })}</span>}
    </div>
  );
}
