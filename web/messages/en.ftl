# The page in English. Every language has the same messages; a test compares them.

## The page
page-title = Stepnet lab
page-skip = Skip to the content
page-parts = Parts of the page
page-lab = Laboratory
page-course = Course
page-theme = Theme
page-language = Language
page-footer = Everything runs in your browser: no image, model or drawing leaves this device. The digits are “Optical Recognition of Handwritten Digits” by E. Alpaydin and C. Kaynak (UCI Machine Learning Repository, CC BY 4.0).
page-engine = Engine: Stepnet { $version }, { $set }, threads: { $threads }.
page-licences = Licences of the libraries in this page
theme-auto = As the system
theme-light = Light
theme-dark = Dark
error-close = Close
loss = Loss
accuracy = Accuracy
learning-rate = Learning rate

## The laboratory
lab-title = A laboratory for convolutional neural networks
lab-about = Choose data, write a network, train it, and look at every number in it: where it comes from, and where its gradient goes.
lab-steps = Steps of the laboratory
busy-start = Starting the engine …
busy-data = Reading the data …
busy-run = Creating the network …
busy-train = Training …
busy-step = Training one step …
busy-measure = Measuring …
busy-model = Working on the model file …

## Data
data-heading = Data
data-source = Where the data comes from
data-digits = Embedded digits
data-drawing = Draw your own
data-files = Your files
data-webcam = Webcam
data-loaded = { $examples ->
    [one] { $examples } example
   *[other] { $examples } examples
  } in { $classes } classes, each { $shape }
data-remarks = { $count ->
    [one] { $count } remark about the data
   *[other] { $count } remarks about the data
  }
files-drop = Drop a folder or a zip file of images (one folder for each class), an MNIST file pair, a CSV, npz or HDF5 file, or a model file here.
files-choose = Choose files
files-folder = Choose a folder
files-none = The drop holds no files. Drop a folder of images, a zip file, or a data file.
files-too-large = The files are { $megabytes } MB in all; at most { $most } MB fit into the memory of a page. Choose fewer or smaller files.
draw-label = Drawing area: draw with the mouse, a pen or a finger
draw-clear = Clear
collect-class = Name of class { $number }
collect-class-name = class { $number }
collect-drawn-name = My drawings
collect-webcam-name = My webcam
collect-add = Add the drawing
collect-hold = Hold to record
collect-count = { $count ->
    [one] { $count } example
   *[other] { $count } examples
  }
collect-remove = Remove class
collect-more = Add a class
collect-side = Image size
collect-use = Use these examples
collect-enough = Every class needs at least two examples.
webcam-start = Start the camera
webcam-stop = Stop the camera
webcam-label = The camera’s picture
webcam-error = The camera could not be started: { $reason }
images-test = Images of the test set
images-all = Images of the data
images-one = Image { $number }: { $name }
images-before = Previous images
images-after = Next images
images-range = { $from } to { $to } of { $count }

## Network
network-heading = Network
network-about = Write the layers in arrow notation. The text is checked as you type; click a layer in the diagram to change it.
network-preset = Network
network-first = A small convolutional network
network-own = Your own
network-text = The network in arrow notation
start-label = What to train
start-new = A new network
start-model = The opened model { $name }
start-misfit = The model takes images of { $model }, but those of the data are { $data }. Load files or drawings again: they are brought to the size of the opened model.
start-same = The data has the classes of the model: its training continues.
start-others = The data has other classes: the model gets a new last layer (transfer learning).
check-fits = The network fits. Parameters: { $parameters }. Multiplications for one image: { $products }. Memory for training: { $megabytes } MB.
check-misfit = Layer { $layer } does not fit its input of { $input }.
check-column = At character { $column }:
check-wrong = The text is not a network:
check-fix = The nearest change that works:
check-apply = Apply it
fix-replace = change { $layer } to { $to }
fix-insert = insert { $what } before { $before }
fix-append = append { $what } at the end
fix-remove = remove { $layer }
fix-move = move { $layer } before { $before }
fix-repeat = repeat the group { $to } times instead of { $from }
fix-all-padded = give all convolutions and pooling layers the padding same
fix-dense = replace the convolutional part by linear layers
fix-input = use an input of { $to } instead of { $from }
diagram-label = The layers and the shapes of their outputs
diagram-input = input
diagram-implied = This layer is not in the text: it follows from the next one.
diagram-parameters = { $count ->
    [one] { $count } parameter
   *[other] { $count } parameters
  }
layer-change = Change
layer-text = The layer’s text
layer-insert = Insert after it
layer-remove = Remove the layer
layer-close = Close

## Kinds of layers
kind-conv = A filter slides over the input: one feature map for each filter.
kind-maxpool = The maximum of each window.
kind-avgpool = The mean of each window.
kind-globalavgpool = The mean of each channel.
kind-globalmaxpool = The maximum of each channel.
kind-adaptiveavgpool = Means over windows that give an output of a fixed size.
kind-flatten = A volume as one row of values.
kind-linear = A dense layer: every unit sees every value.
kind-relu = max(0, z): negative values become 0.
kind-leakyrelu = Like relu, but negative values keep a small slope.
kind-sigmoid = 1 / (1 + exp(-z)): a value between 0 and 1.
kind-tanh = The hyperbolic tangent: a value between −1 and 1.
kind-gelu = z times the share of the standard normal distribution below z.
kind-gelutanh = gelu, approximated by a hyperbolic tangent.
kind-silu = z / (1 + exp(-z)): a smooth relu.
kind-relu6 = Like relu, but at most 6.
kind-elu = Like relu, but negative values approach −alpha smoothly.
kind-hardswish = An approximation of silu: z times hardsigmoid(z).
kind-hardsigmoid = An approximation of sigmoid by straight lines.
kind-prelu = Like leakyrelu, with a trained slope.
kind-softmax = Scores become probabilities that add up to 1.
kind-dropout = During training, each value is dropped at random.
kind-dropout2d = During training, whole channels are dropped at random.
kind-droppath = During training, a whole path is dropped at random.
kind-bn = Batch normalisation: each channel is shifted and scaled to mean 0 and deviation 1.
kind-layernorm = Normalises the channels of each pixel, or a row of values.
kind-groupnorm = Normalises groups of channels of each example.
kind-instancenorm = Normalises each channel of each example.
kind-lrn = Divides each value by the strength of neighbouring channels.
kind-pad = Adds rows and columns around the image.
kind-upsample = Enlarges the image: each pixel becomes several.
kind-convtranspose = Transposed convolution: each pixel adds a filter to the output.
kind-layerscale = Each channel times a trained factor.
kind-slicechannels = Some of the channels.
kind-channelshuffle = The channels in another order.
kind-identity = The input, unchanged.
kind-residual = Adds the input to what the inner network makes of it.
kind-scale = The input times what the inner network makes of it.
kind-branch = Several networks side by side; their channels are joined.

## Training
train-heading = Training
train-start = Train
train-go-on = Continue
train-pause = Pause
train-step = One step
train-example = One example
train-example-loss = Loss of this example: { $before } before the update, { $after } after it.
train-again = New weights
train-settings = Settings of the training
train-changed = The network, the data or a setting has changed since the last training. Training starts again with new weights.
train-command = The command that trains the same network to the same weights, to the bit:
train-by-hand = You have intervened in the training (one example, or another learning rate), so no command repeats it exactly.
train-relaxed = Faster arithmetic: the last digits differ from those of the command (starts the page again)
train-hash = It then prints the beginning of the weights’ hash:
train-stopped = Early stopping has ended the training. The weights after epoch { $epoch } were the best, and they are kept.
train-kept = The weights after epoch { $epoch } were the best, and they are kept.
setting-epochs = Epochs
setting-batch = Batch
setting-optimizer = Update rule
setting-schedule = Learning rate schedule
setting-l2 = L2 regularisation
setting-init = Initial weights
setting-seed = Seed
setting-usual = as usual
settings-more = More settings
settings-given = More settings (changed: { $count })
set-transfer = Layers to train
transfer-all = all layers
transfer-head = only the last layer
transfer-finetune = first the last layer, then all
set-early-stop = Early stopping: epochs
set-early-stop-help = Stop after this many epochs in a row without a better result on the test set, and keep the best weights.
set-min-delta = Early stopping: least gain
set-min-delta-help = The smallest gain in accuracy that counts as better, as a share, such as 0.001.
set-hold-out = Share for testing
set-hold-out-help = The share of the data that is held out as the test set, if the data has no test set of its own.
set-augment = Augmentation
set-augment-help = Changes the training images at random: flip, crop(2), rotate(10), jitter(0.2), cutout(4), mixup(0.2); several are separated by commas.
set-standardize = Standardise the channels
set-standardize-help = Shift and scale each channel to mean 0 and deviation 1 over the training set.
set-shuffle = Shuffle
set-shuffle-help = Go through the training set in a new random order in every epoch.
set-balance = Unequal classes
set-balance-help = If classes have unequal numbers of examples: weight the loss (weights), or draw rare classes more often (sampling).
set-class-weights = Class weights
set-class-weights-help = The weight of each class in the loss: 1,2,0.5 in the order of the classes, or cat=2 by name.
set-label-smoothing = Label smoothing
set-label-smoothing-help = The share of each target that is spread over all classes, such as 0.1.
set-warm-up = Warm-up
set-warm-up-help = The learning rate rises gradually over this share of the training, such as 0.05; 0 for none.
set-weight-decay = Weight decay
set-weight-decay-help = Makes the weights a little smaller in every step; for adamw and classic-momentum.
set-nesterov = Nesterov’s look-ahead
set-nesterov-help = Computes the gradient where the momentum leads; for classic-momentum.
set-clip-norm = Largest gradient norm
set-clip-norm-help = Scales the gradients down if the norm of all of them is larger than this, such as 1.
set-clip-value = Largest gradient value
set-clip-value-help = Clips each element of the gradients to this size; not together with the norm.
set-ema = Average of the weights
set-ema-help = Tests and saves a moving average of the weights that keeps this share in every step, such as 0.999.
set-freeze = Frozen layers
set-freeze-help = Layers that are not trained: names or kinds, separated by commas, such as conv1, bn.
set-statistics = Batch normalisation
set-statistics-help = Whether its statistics follow the batches (updated) or stay as they are (frozen).
set-unfreeze-after = Epochs for the last layer
set-unfreeze-after-help = How many epochs fit the last layer before all layers are trained.
set-lr-backbone = Learning rate of the other layers
set-lr-backbone-help = For the layers before the last: a multiple of the learning rate such as 0.1x, or a rate.
set-exact = Direct convolutions only
set-exact-help = Otherwise large 3 × 3 convolutions are computed by Winograd’s method: faster, with more rounding.
fact-epoch = Epoch
fact-of = { $index } of { $count }
fact-steps = Steps
fact-speed = Images per second
curve-train = training set
curve-test = test set
curves-label = Curve: { $title }

## Looking inside
see-heading = Look inside
see-nothing = Train the network first, or look at it with its initial weights.
see-untrained = Look at the untrained network
see-image = Image
see-draw = Draw an image
see-prediction = Prediction
see-predicted = The network says { $name }.
see-right = The network says { $name }, and that is right.
see-wrong = The network says { $name }. The label is { $label }.
see-layer = Layer
see-direction = Direction
see-forward = Forward: values
see-backward = Backward: gradients
see-value = Value of the layer
maps-label = Feature maps of the layer
maps-one = Feature map { $number }
maps-more = and { $count } more
map-label = Values of { $name }: choose one with the arrow keys
map-before = Values of { $name }, with the window
map-value = row { $row }, column { $column }: { $value }
map-gradient = (gradient of the loss)
why-agrees = The sums agree with what the network computed.
why-differs = A sum differs from what the network computed.
why-sum = The sum of { $count } products plus the bias { $bias } is { $sum }.
why-mean = The sum of { $count } terms over { $divisor } is { $result }.
why-largest = The largest of { $count } values wins: { $winner }.
why-margin = It leads by { $margin }.
why-softmax = The exponential of its own value over the sum of all exponentials, { $denominator }.
why-input = A value of the image, as the network receives it.
why-same = The value is passed on unchanged.
why-opaque = This layer does not list its terms; below are the values it read and the derivatives with respect to them.
why-then = Afterwards, in { $name }:
why-window = Window, channel { $channel }
why-filter = Filter, channel { $channel }
why-products = Products, channel { $channel }
why-more-channels = { $count ->
    [one] { $count } more channel contributes less.
   *[other] { $count } more channels contribute less.
  }
why-more-terms = { $count ->
    [one] { $count } more term is smaller.
   *[other] { $count } more terms are smaller.
  }
why-terms = The largest terms
why-term = Value of
why-term-value = value
why-term-factor = weight
why-term-gradient = gradient
why-term-derivative = derivative
why-term-product = product
why-loss = The loss for the class { $name } is { $loss }.
why-gradient = The gradient of the loss with respect to this value is { $gradient }: a small change of the value, times this number, is the change of the loss. It is the sum over the { $count } outputs that use the value: the gradient of each, times its derivative.
why-no-gradient = No gradient reaches this value.
weights-heading = Weights
weights-array = Array
weights-channel = Channel
weights-click = Click a weight to check its gradient against a finite difference.
weights-fixed = These numbers are not trained.
weights-filter = Filter { $filter }, channel { $channel }
gradcheck-agrees = { $place }: backward propagation gives { $analytic }, the finite difference { $numeric }. They agree (relative difference { $difference }).
gradcheck-differs = { $place }: backward propagation gives { $analytic }, the finite difference { $numeric }. They differ (relative difference { $difference }).
gradcheck-kink = { $place }: backward propagation gives { $analytic }. Near this weight a ReLU or a maximum switches, so a finite difference says nothing here.
cam-heading = Grad-CAM
cam-about = The feature maps of a layer, each weighted by the mean of its gradient: bright areas speak for the class.
cam-layer = Layer
cam-usual = the last one with maps
cam-class = Class
cam-predicted = the predicted one
cam-label = The image with the heat map over it
cam-says = The areas that speak for { $name }, seen from { $layer }.
cam-little = little
cam-much = much

## Measuring
measure-heading = Mistakes
measure-about = How well the network does on images it has not been trained on, what it confuses, and its worst mistakes.
measure-start = Measure on the test set
measure-result = { $accuracy } of { $examples } images are right; the mean loss is { $loss }.
mistakes-heading = The worst mistakes
mistakes-none = Not a single mistake.
mistakes-one = { $actual } taken for { $predicted } ({ $probability })
confusion-heading = Confusion matrix
confusion-caption = Rows: the label. Columns: what the network said. The stronger the colour, the larger the share of the row.
confusion-corner = label
confusion-too-large = With { $count } classes the confusion matrix is too large to show.

## Taking along
take-heading = Take along
take-about = The model file opens in the command (`stepnet predict`), in Python (`stepnet.Network.load`) and on this page. The link holds the network, the seed and the settings.
take-model = Download the model
take-open = Open a model file
take-opened = Opened: { $name }, { $parameters } parameters, for images of { $shape }.
take-close = Close the model
take-link = This run as a link
take-copy = Copy the link
take-copied = The link is copied.
take-not-copied = The browser did not allow copying. Select the link and copy it yourself.

## Figures
your-numbers = Your numbers
reader-random = Random numbers
reader-reset = First numbers
matrix-cell = { $caption }, row { $row }, column { $column }
matrix-later = not computed yet
window-play = Play
window-pause = Pause
window-back = Back
window-next = Next
window-position = Window
window-of = { $index } of { $count }
pad-label = Padding p
stride-label = Stride s
filter-size-label = Filter size f
window-size-label = Window size f
filter-vertical = vertical edges
filter-horizontal = horizontal edges
filter-mean = mean
filter-sharpen = sharpen
filter-own = your own

## The course
course-title = Convolution step by step
course-about = Seven chapters on your own numbers. Change any underlined number, move the window, and solve the exercise: answers are checked by Stepnet’s own functions, the same that reproduce the course’s notebooks digit for digit.
course-chapters = Chapters
course-neighbours = Previous and next chapter
chapter-figure = Figure
chapter-errata = Mistakes in published copies of the notebooks
exercise-title = Exercise
exercise-check = Check
exercise-right = Right.
exercise-wrong = Not yet.
exercise-number = Enter a number.
exercise-choose = Choose an answer first.
exercise-options = Answers
formula-ends = The formula ends too early. Names you can use: { $names }.
formula-unreadable = At character { $column }, “{ $found }” cannot be read. You can use { $names }, numbers, + - * / ^, brackets, floor() and ceil().

padding-title = Zero padding
padding-text-1 = A convolutional layer sees its input through a small window. Without padding, the window cannot be centred on a pixel at the edge: the output is smaller than the input, and a corner pixel lies in one window only.
padding-text-2 = Zero padding surrounds each image with `p` rows and columns of zeros. `zero_pad` does this to the height and the width; the examples and the channels stay as they are.
padding-text-3 = The right-hand matrix counts in how many windows each pixel lies. Increase the padding and watch the corners.
padding-padded = After zero_pad
padding-windows = Windows of size { $f } that see each pixel
padding-task = With stride 1 and an odd filter size `f`, which padding `p` keeps the height and width unchanged? Write `p` as a formula of `f`.
padding-not-whole = For f = { $f } your formula gives { $pad }; padding is a whole number of rows, 0 or more.
padding-other-size = For f = { $f } your formula gives p = { $pad }. Then { $n } rows become { $size }.
padding-right = This is the padding called “same”. With an even f it would have to differ between the two sides.
padding-erratum-1 = The notebooks test `zero_pad` by printing `x_pad[1,1]`. That row lies in the border, so it is all zeros even if a function forgets the image altogether. Look at a row in the middle, too.
padding-erratum-2 = One copy explains numpy’s `pad` with the 2nd, 3rd and 4th axis, but its code pads the 2nd and the 4th. The code is right.

step-title = One step
step-text-1 = One step of a convolution takes one window of the input and one filter of the same size. It multiplies them element by element, adds up the products, and adds the bias. The result is a single number.
step-text-2 = With several channels, window and filter are as deep as the input, and the sum runs over all channels as well.
step-window = Window
step-filter = Filter
step-products = Products
step-bias = Bias
step-task = Compute `Z` for this window, filter and bias.
step-right = Products 2, −2, 0 and 3, sum 3, and the bias −1.
step-no-bias = That is the sum of the products. The bias is still missing.
step-bias-sign = The bias is added, not subtracted; here it is negative itself.
step-flipped = You flipped the filter, as a convolution in mathematics does. Neural networks do not flip it: position by position.
step-no-filter = That is the sum of the window plus the bias. Each number has to be multiplied by the filter’s number at the same position first.
step-other = Multiply position by position (this is not a matrix product), add the four products, and add the bias.
step-erratum-1 = One solution converts the bias with `float(b)`. Current versions of numpy refuse that for an array of shape (1, 1, 1): take its single element, `b[0, 0, 0]`.

forward-title = Forward propagation
forward-text-1 = The filter slides over the padded input. At every position, one step gives one number; together they are the feature map.
forward-text-2 = For the output at row `h` and column `w`, the window starts at row `h·s` and column `w·s` of the padded input, where `s` is the stride.
forward-text-3 = Play the figure, or move the window yourself. A filter finds what it looks like: try the edge filters on numbers of your own.
forward-padded = Padded input
forward-output = Output Z
forward-value = Z[{ $row }, { $column }] = { $value }
forward-mistaken = Compute as the faulty solution does
forward-task = How many rows does the output have for `n` input rows, filter size `f`, padding `p` and stride `s`? Use `floor()`.
forward-one-less = For n = { $n }, f = { $f }, p = { $p }, s = { $s } there are { $size } rows, one more than your { $answer }: the first window counts, too.
forward-no-floor = For n = { $n }, f = { $f }, p = { $p }, s = { $s } your formula gives { $answer }. A window that does not fit completely is left out: round down with floor(), to { $size }.
forward-one-side = For n = { $n }, f = { $f }, p = { $p }, s = { $s } there are { $size } rows, not { $answer }: padding adds rows on both sides.
forward-other = For n = { $n }, f = { $f }, p = { $p }, s = { $s } there are { $size } rows, not { $answer }. Count the places at which the window can start.
forward-right = Your formula agrees with conv_forward in all { $count } cases.
forward-erratum-1 = One published solution starts its windows at `h` and `w` instead of `h·s` and `w·s`, and stops `f − 1` rows and columns early, so the edge of `Z` stays 0. Tick the box above to see it. With a stride of 1 only the edge is wrong; with 2 the rest is, too.
forward-erratum-2 = That solution prints a mean of 0.0048 where the expected output below it says 0.0490. The expected output is right.
forward-erratum-3 = A comment there calls `n_H_prev` the width. H is the height.

pool-title = Pooling
pool-text-1 = Pooling makes feature maps smaller. Max pooling keeps the largest value of each window, average pooling the mean. Each channel is pooled for itself; nothing is learned.
pool-text-2 = For the way back, max pooling has to know where the maximum was: `create_mask_from_window` marks it. Average pooling gives each value of the window an equal share: `distribute_value`.
pool-mode = Pooling
pool-max = max pooling
pool-average = average pooling
pool-output = Output A
pool-mask = Mask of the window
pool-shares = Share of each value
pool-value = A[{ $row }, { $column }] = { $value }
pool-task = The window is `{ $window }`. What does the notebooks’ `create_mask_from_window` return?
pool-right = It marks every value that equals the maximum. Frameworks, and Stepnet’s own layers, mark only the first: otherwise the gradient would be passed back twice.
pool-first-only = That is what frameworks do: they mark only the first maximum. The notebooks compare `x == np.max(x)`, which is true twice here.
pool-values-kept = A mask holds true and false, 1 and 0, not the values themselves.
pool-all-ones = That would pass the gradient to all four values. Only the largest contributed to the output.
pool-erratum-1 = One solution slices `A_prev` without the example `i`. It cuts through the batch instead of the rows and pools over all channels at once, so both examples print the same numbers.
pool-erratum-2 = `x == np.max(x)` marks every maximum if there are several. The notebooks say that ties need not be considered; after a ReLU, ties at zero are common.

backward-title = Backward propagation
backward-text-1 = Training needs to know how the loss changes with every weight. Backward propagation goes through the layers from the end to the start, and passes on the gradient `dZ` of each output.
backward-text-2 = Each output came from one window. So its gradient goes back to that window: `dA` there grows by filter times `dZ`, the filter’s gradient `dW` by window times `dZ`, and `db` by `dZ`.
backward-text-3 = Windows overlap, so the contributions add up. Move the window and watch the sums grow. For max pooling, only the position of the maximum receives the gradient; for average pooling, all share it.
backward-layer = Layer
backward-conv = convolution
backward-input = Input A_prev
backward-da = dA_prev so far
backward-dw = dW so far
backward-db = db so far
backward-says-conv = Output [{ $row }, { $column }] has the gradient { $gradient }: the window in dA_prev grows by it times the filter.
backward-says-max = Output [{ $row }, { $column }] has the gradient { $gradient }: all of it goes to the maximum of the window.
backward-says-average = Output [{ $row }, { $column }] has the gradient { $gradient }: each value of the window gets a quarter of it.
backward-task = Stride 1, no padding. Compute `dW[0, 0]`.
backward-right = In the four windows the weight met 1, 2, 3 and 1; times 2, −1, 3 and 0 that makes 2 − 2 + 9 + 0.
backward-is-db = That is db, the sum of dZ. For dW, each dZ is multiplied by the input that the weight met.
backward-is-da = That is dA_prev[0, 0]. For dW, multiply dZ by the input, not by the filter.
backward-first-window = That is the contribution of the first window alone. The weight is used in all four.
backward-other-weight = That is the gradient of another weight of the filter. W[0, 0] meets the upper left corner of each window.
backward-other = Write down which input W[0, 0] meets in each of the four windows, multiply each by that window’s dZ, and add.
backward-erratum-1 = All copies cut off the padding with `[pad:-pad, pad:-pad]`. For `pad = 0` that slice is empty. Right for every pad: `[pad : pad + n_H_prev, pad : pad + n_W_prev]`.
backward-erratum-2 = The sums of equations (1) to (3) run to `n_H` and `n_W` inclusive and leave out the sum over the examples. The loops of the code are right.
backward-erratum-3 = One solution of `conv_backward` repeats the fault of its `conv_forward`: windows without the stride. Its printed means are wrong, the expected ones are right.
backward-erratum-4 = One solution of `pool_backward` multiplies the mask by a window of `dA` instead of its one number, and adds the average twice. The test has stride 1 and does not notice code that ignores the stride.

network-title = A whole network
network-text-1 = A convolutional network stacks these steps: convolution, ReLU, pooling, and again; at the end the values are flattened and a linear layer turns them into one score for each class. Softmax turns scores into probabilities.
network-text-2 = Choose the sizes and follow the shapes. Few of the parameters are in the convolutions; most of the multiplications are.
network-image-size = Image size
network-filters = Filters of the first layer
network-padding = Padding
network-pool = Pooling window
network-classes = Classes
network-layers = Layers of the network
network-layer = Layer
network-output = Output
network-parameters = Parameters
network-products = Multiplications
network-sum = Sum
network-task = How many parameters does a convolutional layer have with `n` filters of `f` rows and columns on an input with `c` channels?
network-task-label = Parameters =
network-no-bias = For f = { $f }, c = { $c }, n = { $n } there are { $right }, not { $answer }: each filter also has a bias.
network-one-bias = For f = { $f }, c = { $c }, n = { $n } there are { $right }, not { $answer }: not one bias for the layer, but one for each filter.
network-no-channels = For f = { $f }, c = { $c }, n = { $n } there are { $right }, not { $answer }: each filter is as deep as the input.
network-other = For f = { $f }, c = { $c }, n = { $n } there are { $right }, not { $answer }. Count one filter first, with its bias.
network-right = It does not depend on the size of the image: that is why convolutions need so few parameters.
network-erratum-1 = The second notebook reads `[2, 4, 1]` as two input layers, four hidden ones and one output layer. It is two inputs, one hidden layer of four units, and one output unit.
network-erratum-2 = One copy stores under `dA1` what layer 1 passes back. By its own notation that is the gradient of `A0`; later editions call it so.

training-title = Training
training-text-1 = Training repeats four steps: forward propagation for a batch, the loss, backward propagation, and a small change of every weight against its gradient.
training-text-2 = How large the change is, is set by the learning rate. Too small, and the loss hardly falls; too large, and it jumps or grows.
training-text-3 = Train a small network on the embedded digits with different learning rates and compare the curves.
training-start = Train 120 steps
training-clear = Clear
training-curve = learning rate { $rate }
training-axis = Steps
training-hint = Choose a learning rate and train. The last three curves stay for comparison.
training-task = The weight is `w`, its gradient `d`, the learning rate `a`. What is the weight after one step of gradient descent? Your formula is compared with a real step of a network on a digit.
training-task-label = New weight =
training-uphill = In a real step, w = { $w } with the gradient { $d } became { $after }; your formula gives { $answer }. You go up the slope: the loss grows in the direction of the gradient.
training-no-rate = In a real step, w = { $w } with the gradient { $d } and a = { $a } became { $after }; your formula gives { $answer }. The step is scaled by the learning rate.
training-other = In a real step, w = { $w } with the gradient { $d } and a = { $a } became { $after }; your formula gives { $answer }.
training-right = Your formula agrees with real steps at two learning rates.
training-erratum-1 = The notebooks write every gradient as a derivative of the same quantity, but only `dW` and `db` have the factor 1/m. `dA` and `dZ` are derivatives of the sum of the losses, not of their mean. A gradient check has to allow for it.
training-erratum-2 = The test of `update_parameters` has scalars for `db`, so all rows of the printed biases are equal. `db` has one entry for each unit.
