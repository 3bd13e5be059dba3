//! Looking into the network: outputs and gradients of layers, weights, one value explained, one derivative checked.

use serde::Deserialize;
use serde_json::{Value, json};
use stepnet::Element;
use stepnet::nn::{Network, PlanOptions, Targets, Workspace, predicted_class};
use stepnet::see::GradCam;
use stepnet::see::gradcheck::{self, Examples};
use stepnet::see::why::{Question, Why};
use stepnet_base::text::{hint, listed};

use crate::answer::{Answer, Array, Arrays, Failure};
use crate::pictures::ImageRef;
use crate::request::Request;
use crate::state::State;
use crate::viewed::Viewed;

/// The name of the network's input.
const INPUT: &str = "input";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Predict {
    image: ImageRef,
}

pub(crate) fn predict(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let Predict { image } = request.params()?;
    let x = state.shown(request, image)?.subject.input::<f32>();
    let Viewed {
        network, classes, ..
    } = state.viewed()?;
    let mut workspace = Workspace::new(network, 1, PlanOptions::INFERENCE)?;
    let outputs = workspace.predict(network, &x)?.to_vec();
    let class = predicted_class(&outputs);
    let mut arrays = Arrays::default();
    let prediction = json!({
        "class": class,
        "name": classes.get(class).cloned().unwrap_or_else(|| class.to_string()),
        "outputs": arrays.place(Array::F32(outputs)),
        "classes": classes,
    });
    Answer::of(&prediction, arrays)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivationParams {
    image: ImageRef,
    layers: Option<Vec<String>>,
    #[serde(default)]
    gradient: bool,
    class: Option<u32>,
}

pub(crate) fn activations(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let params: ActivationParams = request.params()?;
    let x = state.shown(request, params.image)?.subject.input::<f32>();
    let Viewed { network, .. } = state.viewed()?;
    let mut forward = Workspace::new(network, 1, PlanOptions::INFERENCE.keep_values(true))?;
    let predicted = predicted_class(forward.predict(network, &x)?) as u32;
    let class = params.class.unwrap_or(predicted);
    let (mut loss, mut backward) = (None, None);
    if params.gradient {
        let options = PlanOptions::DIFFERENTIATION
            .keep_values(true)
            .input_gradient(true);
        let mut workspace = Workspace::new(network, 1, options)?;
        let label = [class];
        let targets = Targets::Classes(&label);
        loss = Some(workspace.differentiate(network, &x, &targets)?.mean_loss());
        backward = Some(workspace);
    }
    let names = network.nodes().iter().map(|node| node.name());
    let names: Vec<&str> = [INPUT].into_iter().chain(names).collect();
    let values: Vec<usize> = match &params.layers {
        None => (0..names.len()).collect(),
        Some(layers) => layers
            .iter()
            .map(|layer| place_of(&names, layer))
            .collect::<Result<_, _>>()?,
    };
    let mut arrays = Arrays::default();
    let mut layers = Vec::with_capacity(values.len());
    for value in values {
        let shape = network.value_shape(value).extents();
        let kept = value.checked_sub(1).and_then(|node| forward.value(node, 1));
        let output = arrays.tensor(&shape, kept.unwrap_or(&x).to_vec());
        let gradient = backward
            .as_ref()
            .and_then(|workspace| workspace.value_gradient(value, 1));
        let gradient = gradient.map(|gradient| arrays.tensor(&shape, gradient.to_vec()));
        layers.push(json!({ "name": names[value], "output": output, "gradient": gradient }));
    }
    let answer = json!({ "layers": layers, "class": class, "loss": loss });
    Answer::of(&answer, arrays)
}

/// The place of a name among the known ones.
fn place_of(names: &[&str], wanted: &str) -> Result<usize, Failure> {
    let place = names.iter().position(|name| *name == wanted);
    place.ok_or_else(|| {
        let hint = hint(wanted, names.iter().copied());
        Failure::input(format!(
            "there is no layer {wanted:?}, expected one of {}{hint}",
            listed(names)
        ))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayerParams {
    layer: String,
}

pub(crate) fn parameters(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let LayerParams { layer } = request.params()?;
    let Viewed { network, .. } = state.viewed()?;
    let names: Vec<&str> = network.nodes().iter().map(|node| node.name()).collect();
    let node = &network.nodes()[place_of(&names, &layer)?];
    let mut arrays = Arrays::default();
    let mut rest = &network.parameters()[node.range()];
    let mut listed: Vec<Value> = Vec::new();
    for parameter in node.parameters() {
        let (own, others) = rest.split_at(parameter.len());
        rest = others;
        listed.push(json!({
            "name": parameter.name,
            "tensor": arrays.tensor(&parameter.shape, own.to_vec()),
            "trainable": parameter.trainable,
        }));
    }
    Answer::of(&json!({ "layer": layer, "arrays": listed }), arrays)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WhyParams {
    image: ImageRef,
    at: Option<String>,
    #[serde(default)]
    gradient: bool,
    class: Option<String>,
    #[serde(default)]
    trace: usize,
    top: Option<usize>,
}

pub(crate) fn why(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let params: WhyParams = request.params()?;
    let at = params.at.as_deref().map(str::parse).transpose()?;
    let usual = Question::default();
    let branches = params.top.unwrap_or(usual.branches);
    let question = usual
        .at(at)
        .gradient(params.gradient)
        .class(params.class)
        .trace(params.trace)
        .branches(branches);
    let subject = state.shown(request, params.image)?.subject;
    let Viewed {
        network,
        preprocessing,
        classes,
    } = state.viewed()?;
    let why = Why::of(network, subject)?.with_classes(classes);
    let mut explanation = why.with_task(&preprocessing.task).explain(&question)?;
    let ok = explanation.ok();
    if let Some(top) = params.top {
        explanation.limit(top);
    }
    let mut json = json!(explanation);
    json["ok"] = ok.into();
    Answer::of(&json, Arrays::default())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GradcheckParams {
    image: ImageRef,
    class: Option<u32>,
    array: String,
    index: Vec<usize>,
}

pub(crate) fn gradcheck(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let params: GradcheckParams = request.params()?;
    let shown = state.shown(request, params.image)?;
    let Viewed { network, .. } = state.viewed()?;
    let builder = Network::<f64>::builder().loss(network.loss());
    let mut double = builder.build_text(network.text().clone(), network.input())?;
    for (to, from) in double.parameters_mut().iter_mut().zip(network.parameters()) {
        *to = from.as_f64();
    }
    let x = shown.subject.input::<f64>();
    let class = match params.class.or(shown.label) {
        Some(class) => class,
        None => {
            let mut workspace = Workspace::new(&double, 1, PlanOptions::INFERENCE)?;
            predicted_class(workspace.predict(&double, &x)?) as u32
        }
    };
    let examples = Examples::classes(x, vec![class]);
    let check = gradcheck::weight(&double, &examples, &params.array, &params.index)?;
    Answer::of(&check, Arrays::default())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GradCamParams {
    image: ImageRef,
    layer: Option<String>,
    class: Option<usize>,
}

pub(crate) fn grad_cam(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let params: GradCamParams = request.params()?;
    let x = state.shown(request, params.image)?.subject.input::<f32>();
    let Viewed { network, .. } = state.viewed()?;
    let cam = GradCam::of(network, &x, params.class, params.layer.as_deref())?;
    let [height, width, _] = network.input().as_image();
    let single = |values: &[f64]| {
        values
            .iter()
            .map(|&value| value as f32)
            .collect::<Vec<f32>>()
    };
    let mut arrays = Arrays::default();
    let answer = json!({
        "layer": cam.layer,
        "class": cam.class,
        "map": arrays.tensor(&[cam.height, cam.width], single(&cam.map)),
        "largest": cam.largest(),
        "weights": arrays.place(Array::F32(single(&cam.weights))),
        "enlarged": arrays.tensor(&[height, width], single(&cam.resized(height, width))),
    });
    Answer::of(&answer, arrays)
}
