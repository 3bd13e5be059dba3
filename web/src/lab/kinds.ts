import { m, t } from "../language";
import type { LayerKind } from "../protocol";

/** What each kind of layer does, in the reader's language; kinds that are not here are described by the library. */
const SUMMARIES: Readonly<Record<string, string>> = {
  conv: m("kind-conv"),
  maxpool: m("kind-maxpool"),
  avgpool: m("kind-avgpool"),
  globalavgpool: m("kind-globalavgpool"),
  globalmaxpool: m("kind-globalmaxpool"),
  adaptiveavgpool: m("kind-adaptiveavgpool"),
  flatten: m("kind-flatten"),
  linear: m("kind-linear"),
  relu: m("kind-relu"),
  leakyrelu: m("kind-leakyrelu"),
  sigmoid: m("kind-sigmoid"),
  tanh: m("kind-tanh"),
  gelu: m("kind-gelu"),
  gelutanh: m("kind-gelutanh"),
  silu: m("kind-silu"),
  relu6: m("kind-relu6"),
  elu: m("kind-elu"),
  hardswish: m("kind-hardswish"),
  hardsigmoid: m("kind-hardsigmoid"),
  prelu: m("kind-prelu"),
  softmax: m("kind-softmax"),
  dropout: m("kind-dropout"),
  dropout2d: m("kind-dropout2d"),
  droppath: m("kind-droppath"),
  bn: m("kind-bn"),
  layernorm: m("kind-layernorm"),
  groupnorm: m("kind-groupnorm"),
  instancenorm: m("kind-instancenorm"),
  lrn: m("kind-lrn"),
  pad: m("kind-pad"),
  upsample: m("kind-upsample"),
  convtranspose: m("kind-convtranspose"),
  layerscale: m("kind-layerscale"),
  slicechannels: m("kind-slicechannels"),
  channelshuffle: m("kind-channelshuffle"),
  identity: m("kind-identity"),
  residual: m("kind-residual"),
  scale: m("kind-scale"),
  branch: m("kind-branch"),
};

export function summary(kind: LayerKind): string {
  const id = SUMMARIES[kind.name];
  return id === undefined ? kind.summary : t(id);
}
