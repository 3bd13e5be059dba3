# 简体中文页面。

## The page
page-title = Stepnet 实验室
page-skip = 跳到正文
page-parts = 页面各部分
page-lab = 实验室
page-course = 课程
page-theme = 主题
page-language = 语言
page-footer = 一切都在您的浏览器中运行：图像、模型和手绘都不会离开这台设备。数字图像来自 E. Alpaydin 和 C. Kaynak 的“Optical Recognition of Handwritten Digits”（UCI Machine Learning Repository，CC BY 4.0）。
page-engine = 计算引擎：Stepnet { $version }，{ $set }，线程数：{ $threads }。
page-licences = 本页面所用库的许可证
theme-auto = 跟随系统
theme-light = 浅色
theme-dark = 深色
error-close = 关闭
loss = 损失
accuracy = 准确率
learning-rate = 学习率

## The laboratory
lab-title = 卷积神经网络实验室
lab-about = 选择数据，写出网络，训练它，然后查看其中的每一个数：它从哪里来，它的梯度又流向哪里。
lab-steps = 实验步骤
busy-start = 正在启动计算引擎……
busy-data = 正在读取数据……
busy-run = 正在创建网络……
busy-train = 正在训练……
busy-step = 正在训练一步……
busy-measure = 正在评估……
busy-model = 正在处理模型文件……

## Data
data-heading = 数据
data-source = 数据来源
data-digits = 内置数字
data-drawing = 自己画
data-files = 您的文件
data-webcam = 摄像头
data-loaded = { $examples } 个样本，{ $classes } 个类别，每个样本的大小为 { $shape }
data-remarks = 关于数据的 { $count } 条说明
files-drop = 把图像文件夹或 zip 压缩包（每个类别一个文件夹）、一对 MNIST 文件、CSV、npz 或 HDF5 文件，或者模型文件拖到这里。
files-choose = 选择文件
files-folder = 选择文件夹
files-none = 没有拖入任何文件。请拖入图像文件夹、zip 压缩包或数据文件。
files-too-large = 文件总共 { $megabytes } MB，而页面的内存最多容纳 { $most } MB。请选择更少或更小的文件。
draw-label = 绘图区：用鼠标、触控笔或手指绘制
draw-clear = 清除
collect-class = 第 { $number } 个类别的名称
collect-class-name = 类别 { $number }
collect-drawn-name = 我的手绘
collect-webcam-name = 我的摄像头
collect-add = 添加这张画
collect-hold = 按住录制
collect-count = { $count } 个样本
collect-remove = 删除类别
collect-more = 添加类别
collect-side = 图像大小
collect-use = 使用这些样本
collect-enough = 每个类别至少需要两个样本。
webcam-start = 打开摄像头
webcam-stop = 关闭摄像头
webcam-label = 摄像头画面
webcam-error = 无法打开摄像头：{ $reason }
images-test = 测试集图像
images-all = 数据中的图像
images-one = 第 { $number } 张图像：{ $name }
images-before = 上一批图像
images-after = 下一批图像
images-range = 第 { $from }–{ $to } 张，共 { $count } 张

## Network
network-heading = 网络
network-about = 用箭头记法写出各层。输入时会即时检查；点击示意图中的某一层即可修改它。
network-preset = 网络
network-first = 小型卷积神经网络
network-own = 您自己的网络
network-text = 用箭头记法写的网络
start-label = 训练对象
start-new = 新网络
start-model = 已打开的模型 { $name }
start-misfit = 模型需要 { $model } 的图像，而数据中的图像是 { $data }。请重新载入文件或手绘，图像会缩放到该模型所需的大小。
start-same = 数据的类别与模型相同：将继续训练该模型。
start-others = 数据的类别与模型不同：模型会换上新的最后一层（迁移学习）。
check-fits = 网络结构正确。参数：{ $parameters } 个。每张图像的乘法次数：{ $products }。训练所需内存：{ $megabytes } MB。
check-misfit = { $layer } 层与它的输入 { $input } 不匹配。
check-column = 第 { $column } 个字符处：
check-wrong = 这段文字不是有效的网络：
check-fix = 最接近的可行修改：
check-apply = 应用
fix-replace = 把 { $layer } 改为 { $to }
fix-insert = 在 { $before } 之前插入 { $what }
fix-append = 在末尾添加 { $what }
fix-remove = 删除 { $layer }
fix-move = 把 { $layer } 移到 { $before } 之前
fix-repeat = 把该组的重复次数从 { $from } 改为 { $to }
fix-all-padded = 让所有卷积层和池化层都使用 same 填充
fix-dense = 用线性层代替卷积部分
fix-input = 把输入从 { $from } 改为 { $to }
diagram-label = 各层及其输出的形状
diagram-input = 输入
diagram-implied = 文字中没有写这一层：它由下一层推出。
diagram-parameters = { $count } 个参数
layer-change = 修改
layer-text = 该层的文字
layer-insert = 在其后插入
layer-remove = 删除该层
layer-close = 关闭

## Kinds of layers
kind-conv = 滤波器在输入上滑动：每个滤波器得到一张特征图。
kind-maxpool = 每个窗口的最大值。
kind-avgpool = 每个窗口的平均值。
kind-globalavgpool = 每个通道的平均值。
kind-globalmaxpool = 每个通道的最大值。
kind-adaptiveavgpool = 对若干窗口取平均，使输出为给定大小。
kind-flatten = 把三维数据展平成一行。
kind-linear = 全连接层：每个单元都能看到所有的值。
kind-relu = max(0, z)：负值变为 0。
kind-leakyrelu = 与 relu 类似，但负值保留一个小的斜率。
kind-sigmoid = 1 / (1 + exp(-z))：0 到 1 之间的值。
kind-tanh = 双曲正切：−1 到 1 之间的值。
kind-gelu = z 乘以正态分布中小于 z 的比例。
kind-gelutanh = 用双曲正切近似计算的 gelu。
kind-silu = z / (1 + exp(-z))：平滑的 relu。
kind-relu6 = 与 relu 类似，但最大为 6。
kind-elu = 与 relu 类似，但负值平滑地趋近 −alpha。
kind-hardswish = silu 的近似：z 乘以 hardsigmoid(z)。
kind-hardsigmoid = 用直线段近似 sigmoid。
kind-prelu = 与 leakyrelu 类似，但斜率由训练得到。
kind-softmax = 把得分变成总和为 1 的概率。
kind-dropout = 训练时随机丢弃一些值。
kind-dropout2d = 训练时随机丢弃整个通道。
kind-droppath = 训练时随机丢弃整条路径。
kind-bn = 批归一化：使每个通道的均值为 0、标准差为 1。
kind-layernorm = 对每个像素的各通道，或对一行值做归一化。
kind-groupnorm = 对每个样本的各组通道做归一化。
kind-instancenorm = 对每个样本的每个通道做归一化。
kind-lrn = 把每个值除以相邻通道的强度。
kind-pad = 在图像四周添加行和列。
kind-upsample = 放大图像：每个像素变成多个。
kind-convtranspose = 转置卷积：每个像素把一个滤波器加到输出上。
kind-layerscale = 每个通道乘以一个可训练的系数。
kind-slicechannels = 取部分通道。
kind-channelshuffle = 改变通道的顺序。
kind-identity = 输入值保持不变。
kind-residual = 把输入加到内部网络的输出上。
kind-scale = 输入乘以内部网络的输出。
kind-branch = 几个网络并列，输出的通道拼接在一起。

## Training
train-heading = 训练
train-start = 开始训练
train-go-on = 继续
train-pause = 暂停
train-step = 训练一步
train-example = 训练一个样本
train-example-loss = 该样本的损失：更新前 { $before }，更新后 { $after }。
train-again = 重新初始化权重
train-settings = 训练设置
train-changed = 上次训练之后，网络、数据或设置有了改动。训练将以新的权重重新开始。
train-command = 下面的命令可以训练同一个网络，得到逐位相同的权重：
train-by-hand = 您干预了训练（单独训练过样本，或改过学习率），因此没有命令能完全重现它。
train-relaxed = 更快的运算：最后几位数字会与命令的结果不同（页面会重新加载）
train-hash = 命令最后会打印权重哈希值的开头：
train-stopped = 训练已提前停止。第 { $epoch } 轮之后的权重最好，已予保留。
train-kept = 第 { $epoch } 轮之后的权重最好，已予保留。
setting-epochs = 轮次
setting-batch = 批次大小
setting-optimizer = 更新规则
setting-schedule = 学习率调度
setting-l2 = L2 正则化
setting-init = 初始权重
setting-seed = 随机种子
setting-usual = 默认
settings-more = 更多设置
settings-given = 更多设置（已更改 { $count } 项）
set-transfer = 训练哪些层
transfer-all = 所有层
transfer-head = 只训练最后一层
transfer-finetune = 先训练最后一层，再训练所有层
set-early-stop = 提前停止：轮次
set-early-stop-help = 如果连续这么多轮次在测试集上没有更好的结果，就停止训练，并保留最好的权重。
set-min-delta = 提前停止：最小提升
set-min-delta-help = 准确率至少提升多少才算更好，用比例表示，例如 0.001。
set-hold-out = 测试集比例
set-hold-out-help = 如果数据没有自带测试集，从中留出多大比例作为测试集。
set-augment = 数据增强
set-augment-help = 随机改变训练图像：flip、crop(2)、rotate(10)、jitter(0.2)、cutout(4)、mixup(0.2)；多个之间用英文逗号分隔。
set-standardize = 通道标准化
set-standardize-help = 平移并缩放每个通道，使其在训练集上均值为 0、标准差为 1。
set-shuffle = 打乱顺序
set-shuffle-help = 每个轮次都以新的随机顺序遍历训练集。
set-balance = 类别不均衡
set-balance-help = 各类别样本数不等时：在损失中加权（weights），或更频繁地抽取少见的类别（sampling）。
set-class-weights = 类别权重
set-class-weights-help = 每个类别在损失中的权重：按类别顺序写成 1,2,0.5，或按名称写成 cat=2。
set-label-smoothing = 标签平滑
set-label-smoothing-help = 每个目标中分摊到所有类别的比例，例如 0.1。
set-warm-up = 预热
set-warm-up-help = 在训练开头的这一比例内，学习率逐渐升高，例如 0.05；0 表示不预热。
set-weight-decay = 权重衰减
set-weight-decay-help = 每一步使权重略微变小；用于 adamw 和 classic-momentum。
set-nesterov = Nesterov 动量
set-nesterov-help = 在动量所指向的位置计算梯度；用于 classic-momentum。
set-clip-norm = 梯度范数上限
set-clip-norm-help = 如果全部梯度的范数超过这个数（例如 1），就按比例缩小梯度。
set-clip-value = 梯度值上限
set-clip-value-help = 把梯度的每个元素裁剪到这个大小以内；不能与范数上限同时使用。
set-ema = 权重平均
set-ema-help = 评估并保存权重的滑动平均，每一步保留原平均值的这一比例，例如 0.999。
set-freeze = 冻结的层
set-freeze-help = 不训练的层：名称或种类，用英文逗号分隔，例如 conv1, bn。
set-statistics = 批归一化
set-statistics-help = 其统计量随批次更新（updated），还是保持不变（frozen）。
set-unfreeze-after = 最后一层的轮次
set-unfreeze-after-help = 先用多少轮次只训练最后一层，再训练所有层。
set-lr-backbone = 其他层的学习率
set-lr-backbone-help = 最后一层之前各层的学习率：写成学习率的倍数，例如 0.1x，或直接写学习率。
set-exact = 只用直接卷积
set-exact-help = 否则较大的 3 × 3 卷积用 Winograd 方法计算：更快，但舍入误差更大。
fact-epoch = 轮次
fact-of = { $index } / { $count }
fact-steps = 步数
fact-speed = 每秒图像数
curve-train = 训练集
curve-test = 测试集
curves-label = 曲线：{ $title }

## Looking inside
see-heading = 查看内部
see-nothing = 请先训练网络，或者先看看它在初始权重下的样子。
see-untrained = 查看未训练的网络
see-image = 图像
see-draw = 画一张图
see-prediction = 预测
see-predicted = 网络的回答是 { $name }。
see-right = 网络的回答是 { $name }，回答正确。
see-wrong = 网络的回答是 { $name }，而标签是 { $label }。
see-layer = 层
see-direction = 方向
see-forward = 前向：数值
see-backward = 反向：梯度
see-value = 该层的值
maps-label = 该层的特征图
maps-one = 特征图 { $number }
maps-more = 另有 { $count } 张
map-label = { $name } 的值：用方向键选择
map-before = { $name } 的值及窗口
map-value = 第 { $row } 行第 { $column } 列：{ $value }
map-gradient = （损失的梯度）
why-agrees = 各项之和与网络算出的值一致。
why-differs = 有一处求和与网络算出的值不一致。
why-sum = { $count } 个乘积之和加上偏置 { $bias }，等于 { $sum }。
why-mean = { $count } 项之和除以 { $divisor }，等于 { $result }。
why-largest = { $count } 个值中最大的胜出：{ $winner }。
why-margin = 比第二大的值大 { $margin }。
why-softmax = 该值的指数除以所有值的指数之和 { $denominator }。
why-input = 网络所接收到的图像中的一个值。
why-same = 该值原样传递。
why-opaque = 这一层不列出各项；下面是它读取的值，以及输出对这些值的导数。
why-then = 随后，在 { $name } 中：
why-window = 窗口，通道 { $channel }
why-filter = 滤波器，通道 { $channel }
why-products = 乘积，通道 { $channel }
why-more-channels = 另有 { $count } 个通道的贡献较小。
why-more-terms = 另有 { $count } 项较小。
why-terms = 最大的几项
why-term = 来源
why-term-value = 值
why-term-factor = 权重
why-term-gradient = 梯度
why-term-derivative = 导数
why-term-product = 乘积
why-loss = 类别 { $name } 的损失为 { $loss }。
why-gradient = 损失对这个值的梯度为 { $gradient }：这个值的微小变化乘以该数，就是损失的变化。它是对使用这个值的 { $count } 个输出求和得到的：每个输出的梯度乘以该输出对这个值的导数。
why-no-gradient = 没有梯度到达这个值。
weights-heading = 权重
weights-array = 数组
weights-channel = 通道
weights-click = 点击一个权重，用有限差分检验它的梯度。
weights-fixed = 这些数不参与训练。
weights-filter = 滤波器 { $filter }，通道 { $channel }
gradcheck-agrees = { $place }：反向传播得到 { $analytic }，有限差分得到 { $numeric }。两者一致（相对差 { $difference }）。
gradcheck-differs = { $place }：反向传播得到 { $analytic }，有限差分得到 { $numeric }。两者不一致（相对差 { $difference }）。
gradcheck-kink = { $place }：反向传播得到 { $analytic }。在这个权重附近，某个 ReLU 或最大值会发生切换，所以有限差分在这里没有意义。
cam-heading = Grad-CAM
cam-about = 取某一层的各个特征图，分别以其梯度的均值加权：越亮的区域越支持该类别。
cam-layer = 层
cam-usual = 最后一个有特征图的层
cam-class = 类别
cam-predicted = 预测的类别
cam-label = 叠加了热力图的图像
cam-says = 从 { $layer } 层来看，支持 { $name } 的区域。
cam-little = 弱
cam-much = 强

## Measuring
measure-heading = 错误分析
measure-about = 网络在未参与训练的图像上表现如何，会混淆哪些类别，以及最严重的错误。
measure-start = 在测试集上评估
measure-result = { $examples } 张图像中，{ $accuracy } 判断正确；平均损失为 { $loss }。
mistakes-heading = 最严重的错误
mistakes-none = 没有任何错误。
mistakes-one = 把 { $actual } 当成了 { $predicted }（{ $probability }）
confusion-heading = 混淆矩阵
confusion-caption = 行是标签，列是网络的回答。颜色越浓，在该行中所占比例越大。
confusion-corner = 标签
confusion-too-large = 共有 { $count } 个类别，混淆矩阵太大，无法显示。

## Taking along
take-heading = 保存与分享
take-about = 模型文件可以用命令（`stepnet predict`）、Python（`stepnet.Network.load`）和本页面打开。链接包含网络、随机种子和设置。
take-model = 下载模型
take-open = 打开模型文件
take-opened = 已打开 { $name }：{ $parameters } 个参数，图像大小为 { $shape }。
take-close = 关闭模型
take-link = 本次训练的链接
take-copy = 复制链接
take-copied = 链接已复制。
take-not-copied = 浏览器不允许复制。请选中链接，手动复制。

## Figures
your-numbers = 您输入的数
reader-random = 随机数
reader-reset = 恢复原来的数
matrix-cell = { $caption }，第 { $row } 行第 { $column } 列
matrix-later = 尚未计算
window-play = 播放
window-pause = 暂停
window-back = 后退
window-next = 前进
window-position = 窗口
window-of = { $index } / { $count }
pad-label = 填充 p
stride-label = 步幅 s
filter-size-label = 滤波器大小 f
window-size-label = 窗口大小 f
filter-vertical = 竖直边缘
filter-horizontal = 水平边缘
filter-mean = 均值
filter-sharpen = 锐化
filter-own = 自定义

## The course
course-title = 一步一步学卷积
course-about = 七章内容都用您自己的数来演示。修改任意带下划线的数，移动窗口，再完成练习：答案由 Stepnet 自己的函数检查，正是这些函数逐位重现了课程笔记本中的数字。
course-chapters = 章节
course-neighbours = 上一章和下一章
chapter-figure = 图
chapter-errata = 笔记本公开版本中的错误
exercise-title = 练习
exercise-check = 检查
exercise-right = 正确。
exercise-wrong = 还不对。
exercise-number = 请输入一个数。
exercise-choose = 请先选择一个答案。
exercise-options = 选项
formula-ends = 公式没有写完。可以使用的名称：{ $names }。
formula-unreadable = 第 { $column } 个字符处的“{ $found }”无法识别。可以使用 { $names }、数字、+ - * / ^、括号、floor() 和 ceil()。

padding-title = 零填充
padding-text-1 = 卷积层透过一个小窗口看输入。没有填充时，窗口的中心无法落在边缘的像素上：输出会比输入小，而角上的像素只出现在一个窗口中。
padding-text-2 = 零填充（zero padding）在每张图像四周加上 `p` 行和 `p` 列零。`zero_pad` 只对高度和宽度这样做，样本和通道保持不变。
padding-text-3 = 右边的矩阵统计每个像素出现在多少个窗口中。增大填充，看看四个角有什么变化。
padding-padded = zero_pad 之后
padding-windows = 包含各像素的 { $f } × { $f } 窗口数
padding-task = 步幅（stride）为 1，滤波器大小 `f` 为奇数。填充 `p` 取多少时，高度和宽度保持不变？请用 `f` 写出 `p` 的公式。
padding-not-whole = f = { $f } 时，您的公式得到 { $pad }；填充是行数，应为不小于 0 的整数。
padding-other-size = f = { $f } 时，您的公式得到 p = { $pad }，于是 { $n } 行变成了 { $size } 行。
padding-right = 这种填充叫作“same”。如果 f 是偶数，两边的填充就得不一样。
padding-erratum-1 = 笔记本通过打印 `x_pad[1,1]` 来测试 `zero_pad`。这一行位于边框中，即使函数完全没有用到图像，它也全是零。请再看看中间的一行。
padding-erratum-2 = 有一个版本在解释 numpy 的 `pad` 时提到第 2、3、4 个轴，而代码填充的是第 2 个和第 4 个轴。代码是对的。

step-title = 单步卷积
step-text-1 = 卷积（convolution）的一步取输入的一个窗口和一个同样大小的滤波器（filter），逐元素相乘，把乘积加起来，再加上偏置（bias）。结果是一个数。
step-text-2 = 如果有多个通道，窗口和滤波器的深度与输入相同，求和也遍及所有通道。
step-window = 窗口
step-filter = 滤波器
step-products = 乘积
step-bias = 偏置
step-task = 根据下面的窗口、滤波器和偏置计算 `Z`。
step-right = 乘积为 2、−2、0 和 3，和为 3，再加上偏置 −1。
step-no-bias = 这是乘积之和，还没有加上偏置。
step-bias-sign = 偏置是加上去的，不是减去的；这里它本身就是负数。
step-flipped = 您把滤波器翻转了，数学中的卷积是这样做的。神经网络不翻转它：相同位置的数相乘。
step-no-filter = 这是窗口中各数之和加上偏置。每个数要先乘以滤波器中相同位置的数。
step-other = 相同位置的数相乘（这不是矩阵乘法），把四个乘积相加，再加上偏置。
step-erratum-1 = 有一份答案用 `float(b)` 转换偏置。当前版本的 numpy 不允许对形状为 (1, 1, 1) 的数组这样做：应取出它唯一的元素 `b[0, 0, 0]`。

forward-title = 前向传播
forward-text-1 = 滤波器在填充后的输入上滑动。在每个位置，一步得到一个数；所有这些数构成特征图（feature map）。
forward-text-2 = 对于第 `h` 行第 `w` 列的输出，窗口从填充后输入的第 `h·s` 行第 `w·s` 列开始，其中 `s` 是步幅（stride）。
forward-text-3 = 播放动画，或者自己移动窗口。滤波器会找到与它相像的东西：用您自己的数试试边缘滤波器。
forward-padded = 填充后的输入
forward-output = 输出 Z
forward-value = Z[{ $row }, { $column }] = { $value }
forward-mistaken = 按错误的答案计算
forward-task = 输入有 `n` 行，滤波器大小为 `f`，填充为 `p`，步幅为 `s`，输出有多少行？请使用 `floor()`。
forward-one-less = n = { $n }、f = { $f }、p = { $p }、s = { $s } 时有 { $size } 行，比您的 { $answer } 多一行：第一个窗口也要算上。
forward-no-floor = n = { $n }、f = { $f }、p = { $p }、s = { $s } 时，您的公式得到 { $answer }。放不下的窗口不算：用 floor() 向下取整，得到 { $size }。
forward-one-side = n = { $n }、f = { $f }、p = { $p }、s = { $s } 时有 { $size } 行，而不是 { $answer } 行：填充在两边都会增加行。
forward-other = n = { $n }、f = { $f }、p = { $p }、s = { $s } 时有 { $size } 行，而不是 { $answer } 行。数一数窗口可以从哪些位置开始。
forward-right = 您的公式在全部 { $count } 种情况下都与 conv_forward 一致。
forward-erratum-1 = 有一份公开的答案让窗口从 `h` 和 `w` 开始，而不是 `h·s` 和 `w·s`，并且提前 `f − 1` 行和 `f − 1` 列就停止，于是 `Z` 的边缘一直是 0。勾选上面的选项就能看到。步幅为 1 时只有边缘是错的；步幅为 2 时其余部分也错了。
forward-erratum-2 = 那份答案打印的均值是 0.0048，而它下面的预期输出是 0.0490。预期输出是对的。
forward-erratum-3 = 那里有一条注释把 `n_H_prev` 说成宽度。H 是高度。

pool-title = 池化
pool-text-1 = 池化（pooling）使特征图变小。最大池化保留每个窗口中的最大值，平均池化保留平均值。每个通道单独池化，没有需要学习的参数。
pool-text-2 = 反向传播时，最大池化必须知道最大值在哪里：`create_mask_from_window` 把它标出来。平均池化让窗口中的每个值分得相等的一份：`distribute_value`。
pool-mode = 池化
pool-max = 最大池化
pool-average = 平均池化
pool-output = 输出 A
pool-mask = 窗口的掩码
pool-shares = 每个值的份额
pool-value = A[{ $row }, { $column }] = { $value }
pool-task = 窗口为 `{ $window }`。笔记本中的 `create_mask_from_window` 返回什么？
pool-right = 它标出所有等于最大值的值。各种框架以及 Stepnet 自己的层只标出第一个，否则梯度会被传回两次。
pool-first-only = 框架是这样做的：只标出第一个最大值。笔记本比较的是 `x == np.max(x)`，在这里有两处为真。
pool-values-kept = 掩码里是真和假，也就是 1 和 0，而不是值本身。
pool-all-ones = 那样会把梯度传给全部四个值。只有最大的那个影响了输出。
pool-erratum-1 = 有一份答案在对 `A_prev` 切片时漏掉了样本 `i`。它沿批次而不是沿行切片，并且一次对所有通道做池化，所以两个样本打印出相同的数。
pool-erratum-2 = 如果有多个最大值，`x == np.max(x)` 会把它们全部标出。笔记本说不必考虑这种情况，但在 ReLU 之后，多个零并列十分常见。

backward-title = 反向传播
backward-text-1 = 训练需要知道损失随每个权重如何变化。反向传播（backward propagation）从最后一层走到第一层，逐层传递每个输出的梯度（gradient）`dZ`。
backward-text-2 = 每个输出都来自一个窗口，所以它的梯度回到那个窗口：那里的 `dA` 加上滤波器乘以 `dZ`，滤波器的梯度 `dW` 加上窗口乘以 `dZ`，`db` 加上 `dZ`。
backward-text-3 = 窗口相互重叠，所以各份贡献会累加。移动窗口，看看这些和如何增长。最大池化时，只有最大值的位置得到梯度；平均池化时，所有位置平分梯度。
backward-layer = 层
backward-conv = 卷积
backward-input = 输入 A_prev
backward-da = 到目前为止的 dA_prev
backward-dw = 到目前为止的 dW
backward-db = 到目前为止的 db
backward-says-conv = 输出 [{ $row }, { $column }] 的梯度为 { $gradient }：dA_prev 中的窗口加上该梯度乘以滤波器。
backward-says-max = 输出 [{ $row }, { $column }] 的梯度为 { $gradient }：全部传给窗口中的最大值。
backward-says-average = 输出 [{ $row }, { $column }] 的梯度为 { $gradient }：窗口中的每个值分得四分之一。
backward-task = 步幅为 1，没有填充。请计算 `dW[0, 0]`。
backward-right = 这个权重在四个窗口中遇到 1、2、3 和 1，分别乘以 2、−1、3 和 0，得到 2 − 2 + 9 + 0。
backward-is-db = 这是 db，即 dZ 之和。求 dW 时，每个 dZ 要乘以该权重遇到的输入。
backward-is-da = 这是 dA_prev[0, 0]。求 dW 时，dZ 要乘以输入，而不是滤波器。
backward-first-window = 这只是第一个窗口的贡献。这个权重在四个窗口中都用到了。
backward-other-weight = 这是滤波器中另一个权重的梯度。W[0, 0] 遇到的是每个窗口的左上角。
backward-other = 写出 W[0, 0] 在四个窗口中分别遇到哪个输入，各乘以该窗口的 dZ，再相加。
backward-erratum-1 = 所有版本都用 `[pad:-pad, pad:-pad]` 切掉填充。当 `pad = 0` 时，这个切片是空的。对任何 pad 都正确的写法是 `[pad : pad + n_H_prev, pad : pad + n_W_prev]`。
backward-erratum-2 = 公式 (1) 到 (3) 的求和一直加到 `n_H` 和 `n_W`（含），并且漏掉了对样本的求和。代码中的循环是对的。
backward-erratum-3 = 一份 `conv_backward` 的答案重复了它在 `conv_forward` 中的错误：窗口没有考虑步幅。它打印的均值是错的，预期的均值是对的。
backward-erratum-4 = 一份 `pool_backward` 的答案把掩码乘以 `dA` 的一个窗口，而不是 `dA` 中对应的那一个数，还把平均值加了两次。测试的步幅为 1，发现不了忽略步幅的代码。

network-title = 完整的网络
network-text-1 = 卷积神经网络把这些步骤叠起来：卷积、ReLU、池化，如此反复；最后把所有值展平，由线性层为每个类别算出一个得分。softmax 把得分变成概率。
network-text-2 = 选择各种大小，观察形状的变化。卷积层只占少量参数，却占了大部分乘法。
network-image-size = 图像大小
network-filters = 第一层的滤波器数
network-padding = 填充
network-pool = 池化窗口
network-classes = 类别数
network-layers = 网络的各层
network-layer = 层
network-output = 输出
network-parameters = 参数
network-products = 乘法次数
network-sum = 合计
network-task = 卷积层有 `n` 个 `f` 行 `f` 列的滤波器，输入有 `c` 个通道，该层共有多少个参数？
network-task-label = 参数个数 =
network-no-bias = f = { $f }、c = { $c }、n = { $n } 时有 { $right } 个，而不是 { $answer } 个：每个滤波器还有一个偏置。
network-one-bias = f = { $f }、c = { $c }、n = { $n } 时有 { $right } 个，而不是 { $answer } 个：不是整层一个偏置，而是每个滤波器一个。
network-no-channels = f = { $f }、c = { $c }、n = { $n } 时有 { $right } 个，而不是 { $answer } 个：每个滤波器的深度与输入相同。
network-other = f = { $f }、c = { $c }、n = { $n } 时有 { $right } 个，而不是 { $answer } 个。先数一数一个滤波器连同偏置有多少个参数。
network-right = 它与图像大小无关：所以卷积需要的参数这么少。
network-erratum-1 = 第二本笔记本把 `[2, 4, 1]` 解读为两个输入层、四个隐藏层和一个输出层。其实是两个输入、一个含四个单元的隐藏层和一个输出单元。
network-erratum-2 = 有一个版本把第 1 层传回的梯度存为 `dA1`。按它自己的记号，那是 `A0` 的梯度；后来的版本就是这样命名的。

training-title = 训练
training-text-1 = 训练反复进行四步：对一个批次做前向传播（forward propagation），计算损失，反向传播（backward propagation），再让每个权重沿梯度的反方向稍作改变。
training-text-2 = 改变多少由学习率（learning rate）决定。太小，损失几乎不下降；太大，损失会跳动甚至上升。
training-text-3 = 用不同的学习率在内置数字上训练一个小网络，比较各条曲线。
training-start = 训练 120 步
training-clear = 清除
training-curve = 学习率 { $rate }
training-axis = 步数
training-hint = 选择一个学习率并开始训练。最近的三条曲线会保留下来供比较。
training-task = 权重为 `w`，它的梯度为 `d`，学习率为 `a`。梯度下降一步之后，权重是多少？您的公式会与网络用一张手写数字图像真实训练一步的结果作比较。
training-task-label = 新的权重 =
training-uphill = 在真实的一步中，w = { $w }（梯度为 { $d }）变成了 { $after }；您的公式得到 { $answer }。您在往坡上走：沿梯度方向损失会增大。
training-no-rate = 在真实的一步中，w = { $w }（梯度为 { $d }，a = { $a }）变成了 { $after }；您的公式得到 { $answer }。这一步要乘以学习率。
training-other = 在真实的一步中，w = { $w }（梯度为 { $d }，a = { $a }）变成了 { $after }；您的公式得到 { $answer }。
training-right = 您的公式在两种学习率下都与真实的一步一致。
training-erratum-1 = 笔记本把所有梯度都写成同一个量的导数，但只有 `dW` 和 `db` 带有因子 1/m。`dA` 和 `dZ` 是损失之和的导数，而不是损失均值的导数。做梯度检验时必须考虑这一点。
training-erratum-2 = `update_parameters` 的测试中 `db` 是标量，所以打印出来的偏置各行都相同。其实 `db` 对每个单元各有一个值。
