//! All other networks.

use super::TORCHVISION;
use crate::recipes::recipe::{IMAGENET, Names, Published, Recipe, Variant};
use crate::recipes::{older, resnet};

pub(super) static ROWS: &[Recipe] = &[
    Recipe {
        name: "resnet18",
        aliases: &[],
        summary: "ResNet-18",
        parameters: 11_689_512,
        size: 224,
        published: &[
            Published::new("torchvision: resnet18-f37072fd.pth", TORCHVISION),
            Published::new("timm: resnet18.a1_in1k", "Apache-2.0"),
        ],
        variants: &[Variant {
            names: Names::Torchvision,
            plan: || resnet::resnet([2, 2, 2, 2], false),
            scaling: IMAGENET,
            note: None,
        }],
    },
    Recipe {
        name: "resnet34",
        aliases: &[],
        summary: "ResNet-34",
        parameters: 21_797_672,
        size: 224,
        published: &[
            Published::new("torchvision: resnet34-b627a593.pth", TORCHVISION),
            Published::new("timm: resnet34.a1_in1k", "Apache-2.0"),
        ],
        variants: &[Variant {
            names: Names::Torchvision,
            plan: || resnet::resnet([3, 4, 6, 3], false),
            scaling: IMAGENET,
            note: None,
        }],
    },
    Recipe {
        name: "resnet50",
        aliases: &[],
        summary: "ResNet-50",
        parameters: 25_557_032,
        size: 224,
        published: &[
            Published::new("torchvision: resnet50-0676ba61.pth", TORCHVISION),
            Published::new("timm: resnet50.a1_in1k", "Apache-2.0"),
        ],
        variants: &[Variant {
            names: Names::Torchvision,
            plan: || resnet::resnet([3, 4, 6, 3], true),
            scaling: IMAGENET,
            note: None,
        }],
    },
    Recipe {
        name: "squeezenet1_0",
        aliases: &[],
        summary: "SqueezeNet 1.0",
        parameters: 1_248_424,
        size: 224,
        published: &[Published::new(
            "torchvision: squeezenet1_0-b66bff10.pth",
            TORCHVISION,
        )],
        variants: &[Variant {
            names: Names::Torchvision,
            plan: || older::squeezenet(false),
            scaling: IMAGENET,
            note: None,
        }],
    },
    Recipe {
        name: "squeezenet1_1",
        aliases: &[],
        summary: "SqueezeNet 1.1: a quarter of the work of 1.0",
        parameters: 1_235_496,
        size: 224,
        published: &[Published::new(
            "torchvision: squeezenet1_1-b8a52dc0.pth",
            TORCHVISION,
        )],
        variants: &[Variant {
            names: Names::Torchvision,
            plan: || older::squeezenet(true),
            scaling: IMAGENET,
            note: None,
        }],
    },
    Recipe {
        name: "vgg11",
        aliases: &[],
        summary: "VGG-11: large and slow",
        parameters: 132_863_336,
        size: 224,
        published: &[
            Published::new("torchvision: vgg11-8a719046.pth", TORCHVISION),
            Published::new("timm: vgg11.tv_in1k", "BSD-3-Clause"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || older::vgg([1, 1, 2, 2, 2], false, Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || older::vgg([1, 1, 2, 2, 2], false, Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "vgg11_bn",
        aliases: &[],
        summary: "VGG-11 with batch normalisation: large and slow",
        parameters: 132_868_840,
        size: 224,
        published: &[
            Published::new("torchvision: vgg11_bn-6002323d.pth", TORCHVISION),
            Published::new("timm: vgg11_bn.tv_in1k", "BSD-3-Clause"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || older::vgg([1, 1, 2, 2, 2], true, Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || older::vgg([1, 1, 2, 2, 2], true, Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "vgg16",
        aliases: &[],
        summary: "VGG-16: large and slow",
        parameters: 138_357_544,
        size: 224,
        published: &[
            Published::new("torchvision: vgg16-397923af.pth", TORCHVISION),
            Published::new("timm: vgg16.tv_in1k", "BSD-3-Clause"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || older::vgg([2, 2, 3, 3, 3], false, Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || older::vgg([2, 2, 3, 3, 3], false, Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "vgg16_bn",
        aliases: &[],
        summary: "VGG-16 with batch normalisation: large and slow",
        parameters: 138_365_992,
        size: 224,
        published: &[
            Published::new("torchvision: vgg16_bn-6c64b313.pth", TORCHVISION),
            Published::new("timm: vgg16_bn.tv_in1k", "BSD-3-Clause"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || older::vgg([2, 2, 3, 3, 3], true, Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || older::vgg([2, 2, 3, 3, 3], true, Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "densenet121",
        aliases: &[],
        summary: "DenseNet-121",
        parameters: 7_978_856,
        size: 224,
        published: &[
            Published::new("torchvision: densenet121-a639ec97.pth", TORCHVISION),
            Published::new("timm: densenet121.ra_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || older::densenet([6, 12, 24, 16], Names::Torchvision),
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::OldTorchvision,
                plan: || older::densenet([6, 12, 24, 16], Names::OldTorchvision),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "shufflenet_v2_x1_0",
        aliases: &[],
        summary: "ShuffleNet V2",
        parameters: 2_278_604,
        size: 224,
        published: &[Published::new(
            "torchvision: shufflenetv2_x1-5666bf0f80.pth",
            TORCHVISION,
        )],
        variants: &[Variant {
            names: Names::Torchvision,
            plan: || resnet::shufflenet_v2([[4, 116], [8, 232], [4, 464]], 1024),
            scaling: IMAGENET,
            note: None,
        }],
    },
    Recipe {
        name: "regnet_y_400mf",
        aliases: &["regnety_004"],
        summary: "RegNetY of 0.4 billion multiply-adds",
        parameters: 4_344_144,
        size: 224,
        published: &[
            Published::new("torchvision: regnet_y_400mf-c65dace8.pth", TORCHVISION),
            Published::new("timm: regnety_004.tv2_in1k", "BSD-3-Clause"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || {
                    resnet::regnet_y(
                        [[1, 48], [3, 104], [6, 208], [6, 440]],
                        8,
                        Names::Torchvision,
                    )
                },
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || resnet::regnet_y([[1, 48], [3, 104], [6, 208], [6, 440]], 8, Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
    Recipe {
        name: "convnext_tiny",
        aliases: &[],
        summary: "ConvNeXt-T",
        parameters: 28_589_128,
        size: 224,
        published: &[
            Published::new("torchvision: convnext_tiny-983f1562.pth", TORCHVISION),
            Published::new("timm: convnext_tiny.in12k_ft_in1k", "Apache-2.0"),
        ],
        variants: &[
            Variant {
                names: Names::Torchvision,
                plan: || {
                    resnet::convnext([[3, 96], [3, 192], [9, 384], [3, 768]], Names::Torchvision)
                },
                scaling: IMAGENET,
                note: None,
            },
            Variant {
                names: Names::Timm,
                plan: || resnet::convnext([[3, 96], [3, 192], [9, 384], [3, 768]], Names::Timm),
                scaling: IMAGENET,
                note: None,
            },
        ],
    },
];
