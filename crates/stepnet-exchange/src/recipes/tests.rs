//! The recipes' networks and names.

use std::collections::HashSet;

use super::{find, recipes};
use crate::{Network, Shape};

/// Recipes whose networks a test has the time and the memory to build.
const LARGEST: usize = 30_000_000;

#[test]
fn networks_have_the_parameters_of_the_originals_and_a_name_for_each_layer() {
    for recipe in recipes() {
        for variant in recipe.variants {
            let plan = (variant.plan)();
            let names: HashSet<&String> = plan.names().iter().collect();
            assert_eq!(
                names.len(),
                plan.names().len(),
                "{}: a name twice",
                recipe.name
            );
            if recipe.parameters > LARGEST {
                continue;
            }
            let text = plan.text().replace("classes", "1000");
            let input = Shape::volume(recipe.size, recipe.size, 3);
            let network = Network::<f32>::builder().advice(false).build(&text, input);
            let network = network.unwrap_or_else(|error| panic!("{}: {error}", recipe.name));
            let weighted = network
                .nodes()
                .iter()
                .filter(|node| !node.parameters().is_empty());
            let (weighted, names) = (weighted.count(), plan.names().len());
            assert_eq!(weighted, names, "{} ({:?})", recipe.name, variant.names);
            let trainable = network.parameters().len() - network.non_trainable();
            assert_eq!(trainable, recipe.parameters, "{}", recipe.name);
        }
    }
}

#[test]
fn recipes_are_found_by_any_of_their_names() {
    for (name, found) in [
        ("EfficientNet_Lite0", "efficientnet-lite0"),
        ("mobilenetv2-100", "mobilenet_v2"),
        ("mobilenetv2", "mobilenet_v2"),
        ("regnety_004", "regnet_y_400mf"),
    ] {
        assert_eq!(find(name).unwrap().name, found);
    }
    let names: HashSet<&str> = recipes().iter().map(|recipe| recipe.name).collect();
    assert_eq!(names.len(), recipes().len());
    let message = find("resnet19").unwrap_err();
    assert!(
        message.contains("\"resnet19\"") && message.contains("resnet18"),
        "{message}"
    );
}
