use super::*;
use crate::layer::Noise;

/// Each method runs in a workspace that was planned for it, and names both purposes where it does not.
#[test]
fn methods_need_a_workspace_for_their_purpose() {
    let network = Network::<f32>::new("linear(2) -> softmax", [1, 1, 3]).expect("a network");
    let x = [1.0; 3];
    let targets = Targets::Classes(&[1]);
    let purposes = [
        Purpose::Predict,
        Purpose::Score,
        Purpose::Train,
        Purpose::Differentiate,
    ];
    for planned in purposes {
        let options = PlanOptions::new(planned);
        let mut workspace = Workspace::new(&network, 1, options).expect("a workspace");
        for needed in purposes {
            let batch = Batch {
                x: &x,
                targets,
                noise: Noise {
                    seed: 1,
                    epoch: 0,
                    examples: &[0],
                },
            };
            let result = match needed {
                Purpose::Predict => workspace.predict(&network, &x).map(|_| ()),
                Purpose::Score => workspace.score(&network, &x, &targets).map(|_| ()),
                Purpose::Train => workspace.train(&network, &batch).map(|_| ()),
                Purpose::Differentiate => {
                    workspace.differentiate(&network, &x, &targets).map(|_| ())
                }
            };
            match result {
                Ok(()) => assert_eq!(planned, needed),
                Err(error) => {
                    assert_ne!(planned, needed, "{error}");
                    let text = error.to_string();
                    let names = [planned, needed].map(|purpose| format!("Purpose::{purpose:?}"));
                    assert!(names.iter().all(|name| text.contains(name)), "{text}");
                }
            }
        }
    }
}
