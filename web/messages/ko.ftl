# 한국어 페이지.

## The page
page-title = Stepnet 실험실
page-skip = 본문으로 건너뛰기
page-parts = 페이지 구성
page-lab = 실험실
page-course = 강좌
page-theme = 테마
page-language = 언어
page-footer = 모든 계산은 브라우저 안에서 이루어집니다. 이미지, 모델, 그림은 이 기기를 벗어나지 않습니다. 숫자 이미지는 E. Alpaydin과 C. Kaynak의 “Optical Recognition of Handwritten Digits”(UCI Machine Learning Repository, CC BY 4.0)입니다.
page-engine = 계산 엔진: Stepnet { $version }, { $set }, 스레드 { $threads }개.
page-licences = 이 페이지에 쓰인 라이브러리의 라이선스
theme-auto = 시스템 설정
theme-light = 밝게
theme-dark = 어둡게
error-close = 닫기
loss = 손실
accuracy = 정확도
learning-rate = 학습률

## The laboratory
lab-title = 합성곱 신경망 실험실
lab-about = 데이터를 고르고, 신경망을 작성하고, 훈련한 다음, 그 안의 모든 수를 살펴보세요. 각 수가 어디에서 왔고 그 기울기가 어디로 가는지 볼 수 있습니다.
lab-steps = 실험 단계
busy-start = 계산 엔진을 시작하는 중…
busy-data = 데이터를 읽는 중…
busy-run = 신경망을 만드는 중…
busy-train = 훈련하는 중…
busy-step = 한 단계 훈련하는 중…
busy-measure = 측정하는 중…
busy-model = 모델 파일을 처리하는 중…

## Data
data-heading = 데이터
data-source = 데이터 출처
data-digits = 내장 숫자 이미지
data-drawing = 직접 그리기
data-files = 내 파일
data-webcam = 웹캠
data-loaded = 예제 { $examples }개, 클래스 { $classes }개, 예제 크기 { $shape }
data-remarks = 데이터에 관한 알림 { $count }건
files-drop = 이미지 폴더나 zip 파일(클래스마다 폴더 하나), MNIST 파일 한 쌍, CSV·npz·HDF5 파일, 또는 모델 파일을 여기에 끌어다 놓으세요.
files-choose = 파일 선택
files-folder = 폴더 선택
files-none = 끌어다 놓은 항목에 파일이 없습니다. 이미지 폴더, zip 파일 또는 데이터 파일을 끌어다 놓으세요.
files-too-large = 파일 크기가 모두 합해 { $megabytes } MB인데, 페이지의 메모리에는 최대 { $most } MB까지 들어갑니다. 파일 수를 줄이거나 더 작은 파일을 선택하세요.
draw-label = 그리기 영역: 마우스, 펜 또는 손가락으로 그리세요
draw-clear = 지우기
collect-class = 클래스 { $number }의 이름
collect-class-name = 클래스 { $number }
collect-drawn-name = 내 그림
collect-webcam-name = 내 웹캠
collect-add = 그림 추가
collect-hold = 누르고 있으면 녹화
collect-count = 예제 { $count }개
collect-remove = 클래스 삭제
collect-more = 클래스 추가
collect-side = 이미지 크기
collect-use = 이 예제 사용
collect-enough = 클래스마다 예제가 두 개 이상 필요합니다.
webcam-start = 카메라 켜기
webcam-stop = 카메라 끄기
webcam-label = 카메라 화면
webcam-error = 카메라를 켤 수 없습니다: { $reason }
images-test = 테스트 세트의 이미지
images-all = 데이터의 이미지
images-one = 이미지 { $number }: { $name }
images-before = 이전 이미지
images-after = 다음 이미지
images-range = { $count }장 중 { $from }–{ $to }

## Network
network-heading = 신경망
network-about = 층을 화살표 표기법으로 적으세요. 입력하는 동안 바로 검사합니다. 구조도에서 층을 누르면 바꿀 수 있습니다.
network-preset = 신경망
network-first = 작은 합성곱 신경망
network-own = 직접 작성한 신경망
network-text = 화살표 표기법으로 쓴 신경망
start-label = 훈련할 신경망
start-new = 새 신경망
start-model = 연 모델 { $name }
start-misfit = 모델은 { $model } 이미지를 받지만 데이터의 이미지는 { $data }입니다. 파일이나 그림을 다시 불러오면 연 모델의 크기에 맞춰집니다.
start-same = 데이터의 클래스가 모델과 같습니다. 모델의 훈련을 이어서 합니다.
start-others = 데이터의 클래스가 모델과 다릅니다. 모델의 마지막 층이 새 층으로 바뀝니다(전이 학습).
check-fits = 신경망이 올바릅니다. 매개변수: { $parameters }개. 이미지 한 장당 곱셈: { $products }회. 훈련에 필요한 메모리: { $megabytes } MB.
check-misfit = 입력 { $input }이(가) { $layer } 층에 맞지 않습니다.
check-column = { $column }번째 글자:
check-wrong = 신경망으로 읽을 수 없는 텍스트입니다:
check-fix = 가장 적게 고치는 방법:
check-apply = 적용
fix-replace = { $layer } 층을 { $to } 층으로 바꾸기
fix-insert = { $before } 앞에 { $what } 넣기
fix-append = 끝에 { $what } 추가하기
fix-remove = { $layer } 층 삭제하기
fix-move = { $layer } 층을 { $before } 앞으로 옮기기
fix-repeat = 그룹의 반복 횟수를 { $from }번에서 { $to }번으로 바꾸기
fix-all-padded = 모든 합성곱 층과 풀링 층에 same 패딩 쓰기
fix-dense = 합성곱 부분을 선형 층으로 바꾸기
fix-input = 입력을 { $from }에서 { $to }(으)로 바꾸기
diagram-label = 층과 그 출력의 형상
diagram-input = 입력
diagram-implied = 이 층은 텍스트에 없습니다. 다음 층에 필요해서 자동으로 들어갑니다.
diagram-parameters = 매개변수 { $count }개
layer-change = 바꿀 층:
layer-text = 층의 텍스트
layer-insert = 뒤에 넣기
layer-remove = 층 삭제
layer-close = 닫기

## Kinds of layers
kind-conv = 필터가 입력 위를 훑습니다. 필터마다 특징 맵 하나가 나옵니다.
kind-maxpool = 각 윈도의 최댓값.
kind-avgpool = 각 윈도의 평균.
kind-globalavgpool = 각 채널의 평균.
kind-globalmaxpool = 각 채널의 최댓값.
kind-adaptiveavgpool = 출력이 정해진 크기가 되도록 나눈 윈도들의 평균.
kind-flatten = 3차원 배열의 값을 한 줄로 펼칩니다.
kind-linear = 완전 연결 층: 각 유닛이 모든 값을 봅니다.
kind-relu = max(0, z): 음수는 0이 됩니다.
kind-leakyrelu = relu와 같지만 음수 쪽에 작은 기울기를 둡니다.
kind-sigmoid = 1 / (1 + exp(-z)): 0과 1 사이의 값.
kind-tanh = 쌍곡탄젠트: −1과 1 사이의 값.
kind-gelu = z에, 표준 정규 분포에서 z보다 작은 값의 비율을 곱합니다.
kind-gelutanh = 쌍곡탄젠트로 근사한 gelu입니다.
kind-silu = z / (1 + exp(-z)): 매끄러운 relu.
kind-relu6 = relu와 같지만 최대 6입니다.
kind-elu = relu와 같지만 음수는 −alpha에 매끄럽게 다가갑니다.
kind-hardswish = silu의 근사: z에 hardsigmoid(z)를 곱합니다.
kind-hardsigmoid = sigmoid를 직선으로 근사합니다.
kind-prelu = leakyrelu와 같지만 음수 쪽의 기울기를 학습합니다.
kind-softmax = 점수를 합이 1인 확률로 바꿉니다.
kind-dropout = 훈련할 때 값을 무작위로 버립니다.
kind-dropout2d = 훈련할 때 채널 전체를 무작위로 버립니다.
kind-droppath = 훈련할 때 경로 전체를 무작위로 버립니다.
kind-bn = 배치 정규화: 채널마다 평균을 0, 표준편차를 1로 맞춥니다.
kind-layernorm = 각 픽셀의 채널들 또는 한 줄의 값을 정규화합니다.
kind-groupnorm = 예제마다 채널 그룹을 정규화합니다.
kind-instancenorm = 예제마다 각 채널을 정규화합니다.
kind-lrn = 각 값을 이웃 채널의 세기로 나눕니다.
kind-pad = 이미지 둘레에 행과 열을 더합니다.
kind-upsample = 이미지를 키웁니다. 픽셀 하나가 여러 개가 됩니다.
kind-convtranspose = 전치 합성곱: 픽셀마다 필터를 출력에 더합니다.
kind-layerscale = 각 채널에 학습되는 계수를 곱합니다.
kind-slicechannels = 채널 가운데 일부.
kind-channelshuffle = 채널의 순서를 바꿉니다.
kind-identity = 입력 그대로.
kind-residual = 안쪽 신경망의 출력에 입력을 더합니다.
kind-scale = 입력에 안쪽 신경망의 출력을 곱합니다.
kind-branch = 여러 신경망을 나란히 두고 채널을 이어 붙입니다.

## Training
train-heading = 훈련
train-start = 훈련 시작
train-go-on = 계속
train-pause = 일시 정지
train-step = 한 단계
train-example = 예제 하나
train-example-loss = 이 예제의 손실: 갱신 전 { $before }, 갱신 후 { $after }.
train-again = 새 가중치
train-settings = 훈련 설정
train-changed = 마지막 훈련 이후 신경망, 데이터 또는 설정이 바뀌었습니다. 훈련은 새 가중치로 다시 시작합니다.
train-command = 같은 신경망을 훈련하여 비트 단위까지 똑같은 가중치를 얻는 명령:
train-by-hand = 훈련에 직접 개입했으므로(예제 하나 훈련 또는 학습률 변경) 이 훈련을 똑같이 재현하는 명령은 없습니다.
train-relaxed = 더 빠른 계산: 마지막 몇 자리가 명령의 결과와 다릅니다(페이지를 다시 시작합니다)
train-hash = 이 명령은 마지막에 가중치 해시의 앞부분을 출력합니다:
train-stopped = 조기 종료로 훈련이 끝났습니다. 가장 좋았던 에포크 { $epoch }의 가중치를 남겼습니다.
train-kept = 가장 좋았던 에포크 { $epoch }의 가중치를 남겼습니다.
setting-epochs = 에포크
setting-batch = 배치 크기
setting-optimizer = 갱신 규칙
setting-schedule = 학습률 스케줄
setting-l2 = L2 규제
setting-init = 초기 가중치
setting-seed = 시드
setting-usual = 기본값
settings-more = 설정 더 보기
settings-given = 설정 더 보기({ $count }개 변경함)
set-transfer = 훈련할 층
transfer-all = 모든 층
transfer-head = 마지막 층만
transfer-finetune = 마지막 층을 먼저, 그다음 모든 층
set-early-stop = 조기 종료: 에포크 수
set-early-stop-help = 테스트 세트의 결과가 이 에포크 수만큼 연속으로 나아지지 않으면 멈추고, 가장 좋은 가중치를 남깁니다.
set-min-delta = 조기 종료: 최소 향상
set-min-delta-help = 나아진 것으로 볼 정확도의 최소 향상. 0.001처럼 비율로 씁니다.
set-hold-out = 테스트 비율
set-hold-out-help = 데이터에 테스트 세트가 따로 없을 때, 데이터 가운데 테스트 세트로 떼어 둘 비율입니다.
set-augment = 데이터 증강
set-augment-help = 훈련 이미지를 무작위로 바꿉니다: flip, crop(2), rotate(10), jitter(0.2), cutout(4), mixup(0.2). 여러 개는 쉼표로 구분합니다.
set-standardize = 채널 표준화
set-standardize-help = 훈련 세트에서 각 채널의 평균이 0, 표준편차가 1이 되도록 값을 옮기고 배율을 맞춥니다.
set-shuffle = 섞기
set-shuffle-help = 에포크마다 훈련 세트를 새로운 무작위 순서로 훑습니다.
set-balance = 클래스 불균형
set-balance-help = 클래스마다 예제 수가 다를 때: 손실에 가중치를 주거나(weights) 드문 클래스를 더 자주 뽑습니다(sampling).
set-class-weights = 클래스 가중치
set-class-weights-help = 손실에서 각 클래스의 가중치. 클래스 순서대로 1,2,0.5처럼, 또는 이름으로 cat=2처럼 씁니다.
set-label-smoothing = 레이블 스무딩
set-label-smoothing-help = 각 목푯값에서 모든 클래스에 나누어 줄 비율. 예를 들어 0.1.
set-warm-up = 워밍업
set-warm-up-help = 훈련의 이 비율 동안 학습률을 서서히 올립니다. 예를 들어 0.05. 0이면 워밍업이 없습니다.
set-weight-decay = 가중치 감쇠
set-weight-decay-help = 단계마다 가중치를 조금씩 줄입니다. adamw와 classic-momentum에 씁니다.
set-nesterov = 네스테로프 모멘텀
set-nesterov-help = 모멘텀이 향하는 곳에서 기울기를 계산합니다. classic-momentum에 씁니다.
set-clip-norm = 기울기 노름의 상한
set-clip-norm-help = 기울기 전체의 노름이 이 수보다 크면 기울기를 줄입니다. 예를 들어 1.
set-clip-value = 기울기 값의 상한
set-clip-value-help = 기울기의 각 원소를 이 크기 이내로 제한합니다. 노름의 상한과 함께 쓸 수 없습니다.
set-ema = 가중치의 평균
set-ema-help = 단계마다 이전 평균을 이 비율만큼 유지하는 가중치의 이동 평균으로 테스트하고, 그 평균을 저장합니다. 예를 들어 0.999.
set-freeze = 고정할 층
set-freeze-help = 훈련하지 않을 층. 이름이나 종류를 conv1, bn처럼 쉼표로 구분해 씁니다.
set-statistics = 배치 정규화
set-statistics-help = 통계량이 배치를 따라 바뀌는지(updated), 그대로 있는지(frozen) 정합니다.
set-unfreeze-after = 마지막 층의 에포크 수
set-unfreeze-after-help = 모든 층을 훈련하기 전에 마지막 층만 훈련할 에포크 수입니다.
set-lr-backbone = 나머지 층의 학습률
set-lr-backbone-help = 마지막 층 앞의 층들에 쓸 학습률. 0.1x처럼 학습률의 배수로, 또는 학습률 자체로 씁니다.
set-exact = 모든 합성곱을 직접 계산
set-exact-help = 그러지 않으면 큰 3 × 3 합성곱은 위노그라드 방법으로 계산합니다. 더 빠르지만 반올림 오차가 큽니다.
fact-epoch = 에포크
fact-of = { $index } / { $count }
fact-steps = 단계
fact-speed = 초당 이미지 수
curve-train = 훈련 세트
curve-test = 테스트 세트
curves-label = 곡선: { $title }

## Looking inside
see-heading = 들여다보기
see-nothing = 먼저 신경망을 훈련하거나, 초기 가중치 상태로 살펴보세요.
see-untrained = 훈련하지 않은 신경망 보기
see-image = 이미지
see-draw = 이미지 그리기
see-prediction = 예측
see-predicted = 신경망의 답: { $name }
see-right = 신경망의 답: { $name }. 정답입니다.
see-wrong = 신경망의 답: { $name }. 레이블은 { $label }입니다.
see-layer = 층
see-direction = 방향
see-forward = 순방향: 값
see-backward = 역방향: 기울기
see-value = 층의 값
maps-label = 층의 특징 맵
maps-one = 특징 맵 { $number }
maps-more = 그 밖에 { $count }개
map-label = { $name }의 값: 화살표 키로 선택하세요
map-before = { $name }의 값과 윈도
map-value = { $row }행 { $column }열: { $value }
map-gradient = (손실의 기울기)
why-agrees = 합이 신경망이 계산한 값과 일치합니다.
why-differs = 신경망이 계산한 값과 다른 합이 있습니다.
why-sum = 곱 { $count }개의 합에 편향 { $bias }을(를) 더하면 { $sum }입니다.
why-mean = 항 { $count }개의 합을 { $divisor }(으)로 나누면 { $result }입니다.
why-largest = 값 { $count }개 중 가장 큰 값이 선택됩니다: { $winner }.
why-margin = 다음으로 큰 값과의 차이는 { $margin }입니다.
why-softmax = 자기 값의 지수 함숫값을 모든 지수 함숫값의 합 { $denominator }(으)로 나눈 값입니다.
why-input = 신경망이 받는 그대로의 이미지 값입니다.
why-same = 값이 그대로 전달됩니다.
why-opaque = 이 층은 항을 나열하지 않습니다. 아래는 층이 읽은 값과 그 값에 대한 도함수입니다.
why-then = 그다음 { $name }에서:
why-window = 윈도, 채널 { $channel }
why-filter = 필터, 채널 { $channel }
why-products = 곱, 채널 { $channel }
why-more-channels = 나머지 채널 { $count }개의 기여는 더 작습니다.
why-more-terms = 나머지 항 { $count }개는 더 작습니다.
why-terms = 가장 큰 항
why-term = 위치
why-term-value = 값
why-term-factor = 가중치
why-term-gradient = 기울기
why-term-derivative = 도함수
why-term-product = 곱
why-loss = 클래스 { $name }에 대한 손실은 { $loss }입니다.
why-gradient = 이 값에 대한 손실의 기울기는 { $gradient }입니다. 값이 조금 변하면, 그 변화에 이 수를 곱한 만큼 손실이 변합니다. 이 기울기는 이 값을 쓰는 출력 { $count }개에 대해, 각 출력의 기울기에 그 도함수를 곱해 모두 더한 것입니다.
why-no-gradient = 이 값에는 기울기가 전달되지 않습니다.
weights-heading = 가중치
weights-array = 배열
weights-channel = 채널
weights-click = 가중치를 누르면 그 기울기를 유한 차분과 비교합니다.
weights-fixed = 이 수들은 훈련 대상이 아닙니다.
weights-filter = 필터 { $filter }, 채널 { $channel }
gradcheck-agrees = { $place }: 역전파의 값은 { $analytic }, 유한 차분의 값은 { $numeric }입니다. 둘이 일치합니다(상대 차이 { $difference }).
gradcheck-differs = { $place }: 역전파의 값은 { $analytic }, 유한 차분의 값은 { $numeric }입니다. 둘이 다릅니다(상대 차이 { $difference }).
gradcheck-kink = { $place }: 역전파의 값은 { $analytic }입니다. 이 가중치 근처에서 ReLU의 구간이나 최댓값의 위치가 바뀌므로 여기서는 유한 차분이 의미가 없습니다.
cam-heading = Grad-CAM
cam-about = 한 층의 특징 맵들에 각각 기울기의 평균을 가중치로 곱해 더합니다. 밝은 영역일수록 그 클래스를 더 강하게 뒷받침합니다.
cam-layer = 층
cam-usual = 특징 맵이 있는 마지막 층
cam-class = 클래스
cam-predicted = 예측된 클래스
cam-label = 히트맵을 겹친 이미지
cam-says = { $layer } 층에서 본, { $name }을(를) 뒷받침하는 영역입니다.
cam-little = 약함
cam-much = 강함

## Measuring
measure-heading = 오답
measure-about = 훈련에 쓰지 않은 이미지에서 신경망이 얼마나 잘하는지, 무엇을 혼동하는지, 가장 크게 틀린 것은 무엇인지 보여 줍니다.
measure-start = 테스트 세트로 측정
measure-result = 이미지 { $examples }장 중 { $accuracy }를 맞혔습니다. 평균 손실은 { $loss }입니다.
mistakes-heading = 가장 크게 틀린 이미지
mistakes-none = 틀린 이미지가 하나도 없습니다.
mistakes-one = { $actual }을(를) { $predicted }(으)로 오인 ({ $probability })
confusion-heading = 혼동 행렬
confusion-caption = 행은 레이블, 열은 신경망의 답입니다. 색이 진할수록 그 행에서 차지하는 비율이 큽니다.
confusion-corner = 레이블
confusion-too-large = 클래스가 { $count }개여서 혼동 행렬이 너무 커 표시할 수 없습니다.

## Taking along
take-heading = 저장과 공유
take-about = 모델 파일은 명령(`stepnet predict`), Python(`stepnet.Network.load`), 그리고 이 페이지에서 열 수 있습니다. 링크에는 신경망, 시드, 설정이 들어 있습니다.
take-model = 모델 내려받기
take-open = 모델 파일 열기
take-opened = { $name }을(를) 열었습니다. 매개변수 { $parameters }개, 이미지 크기 { $shape }.
take-close = 모델 닫기
take-link = 이 훈련의 링크
take-copy = 링크 복사
take-copied = 링크를 복사했습니다.
take-not-copied = 브라우저가 복사를 허용하지 않았습니다. 링크를 선택해 직접 복사하세요.

## Figures
your-numbers = 직접 정한 수
reader-random = 무작위 수
reader-reset = 처음 수로
matrix-cell = { $caption }, { $row }행 { $column }열
matrix-later = 아직 계산하지 않음
window-play = 재생
window-pause = 일시 정지
window-back = 뒤로
window-next = 앞으로
window-position = 윈도
window-of = { $index } / { $count }
pad-label = 패딩 p
stride-label = 스트라이드 s
filter-size-label = 필터 크기 f
window-size-label = 윈도 크기 f
filter-vertical = 세로 경계
filter-horizontal = 가로 경계
filter-mean = 평균
filter-sharpen = 선명하게
filter-own = 직접 입력

## The course
course-title = 합성곱 한 단계씩
course-about = 직접 정한 수로 따라가는 일곱 개의 장입니다. 밑줄 친 수를 바꾸고, 윈도를 옮기고, 연습 문제를 풀어 보세요. 답은 Stepnet의 함수가 확인합니다. 강좌 노트북의 수를 마지막 자리까지 똑같이 재현하는 바로 그 함수입니다.
course-chapters = 장
course-neighbours = 이전 장과 다음 장
chapter-figure = 그림
chapter-errata = 공개된 노트북 사본의 오류
exercise-title = 연습 문제
exercise-check = 확인
exercise-right = 맞습니다.
exercise-wrong = 아직 맞지 않습니다.
exercise-number = 수를 입력하세요.
exercise-choose = 먼저 답을 고르세요.
exercise-options = 답
formula-ends = 식이 끝나지 않았습니다. 쓸 수 있는 이름: { $names }.
formula-unreadable = { $column }번째 글자 “{ $found }”을(를) 읽을 수 없습니다. { $names }, 수, + - * / ^, 괄호, floor(), ceil()을 쓸 수 있습니다.

padding-title = 제로 패딩
padding-text-1 = 합성곱 층은 작은 윈도를 통해 입력을 봅니다. 패딩이 없으면 윈도의 중심을 가장자리 픽셀에 둘 수 없어서, 출력이 입력보다 작아지고 모서리 픽셀은 윈도 하나에만 들어갑니다.
padding-text-2 = 제로 패딩(zero padding)은 각 이미지를 0으로 된 `p`개의 행과 열로 둘러쌉니다. `zero_pad`는 높이와 너비에만 적용되며, 예제와 채널은 그대로입니다.
padding-text-3 = 오른쪽 행렬은 각 픽셀이 몇 개의 윈도에 들어가는지 보여 줍니다. 패딩을 늘리면서 모서리를 살펴보세요.
padding-padded = zero_pad 적용 후
padding-windows = 각 픽셀이 들어가는 윈도(크기 { $f })의 수
padding-task = 스트라이드(stride)가 1이고 필터 크기 `f`가 홀수일 때, 높이와 너비가 그대로 유지되는 패딩 `p`는 얼마일까요? `p`를 `f`의 식으로 쓰세요.
padding-not-whole = f = { $f }일 때 식의 값은 { $pad }입니다. 패딩은 0 이상의 정수여야 합니다.
padding-other-size = f = { $f }일 때 식의 값은 p = { $pad }입니다. 그러면 { $n }행이 { $size }행이 됩니다.
padding-right = 이런 패딩을 “same”이라고 합니다. f가 짝수라면 양쪽의 패딩이 서로 달라야 합니다.
padding-erratum-1 = 노트북은 `x_pad[1,1]`을 출력해 `zero_pad`를 테스트합니다. 이 행은 테두리에 있어서, 이미지를 아예 빠뜨린 함수라도 모두 0이 나옵니다. 가운데 행도 확인하세요.
padding-erratum-2 = 한 사본은 numpy의 `pad`를 설명하면서 2, 3, 4번째 축을 말하지만, 코드는 2번째와 4번째 축을 패딩합니다. 코드가 맞습니다.

step-title = 한 단계
step-text-1 = 합성곱(convolution)의 한 단계는 입력의 윈도 하나에 같은 크기의 필터(filter) 하나를 원소별로 곱하고, 그 곱을 모두 더한 뒤 편향(bias)을 더합니다. 결과는 수 하나입니다.
step-text-2 = 채널이 여러 개이면 윈도와 필터의 깊이는 입력과 같고, 모든 채널에 걸쳐 더합니다.
step-window = 윈도
step-filter = 필터
step-products = 곱
step-bias = 편향
step-task = 아래의 윈도, 필터, 편향으로 `Z`를 계산하세요.
step-right = 곱은 2, −2, 0, 3이고 합은 3, 편향은 −1입니다.
step-no-bias = 그 값은 곱의 합입니다. 편향이 빠졌습니다.
step-bias-sign = 편향은 빼는 것이 아니라 더합니다. 여기서는 편향 자체가 음수입니다.
step-flipped = 필터를 뒤집었습니다. 수학의 합성곱은 그렇게 하지만 신경망은 뒤집지 않습니다. 같은 자리의 수끼리 곱하세요.
step-no-filter = 그 값은 윈도의 합에 편향을 더한 것입니다. 먼저 각 수에 필터의 같은 자리에 있는 수를 곱해야 합니다.
step-other = 같은 자리끼리 곱하고(행렬 곱이 아닙니다), 네 곱을 더한 다음 편향을 더하세요.
step-erratum-1 = 한 풀이는 편향을 `float(b)`로 변환합니다. 현재의 numpy는 형상이 (1, 1, 1)인 배열에 이를 허용하지 않습니다. 하나뿐인 원소 `b[0, 0, 0]`을 쓰세요.

forward-title = 순전파
forward-text-1 = 필터가 패딩한 입력 위를 훑으며 이동합니다. 위치마다 한 단계로 수 하나가 나오고, 그 수들이 모여 특징 맵(feature map)이 됩니다.
forward-text-2 = `h`행 `w`열의 출력에 대해, 윈도는 패딩한 입력의 `h·s`행 `w·s`열에서 시작합니다. 여기서 `s`는 스트라이드(stride)입니다.
forward-text-3 = 그림을 재생하거나 윈도를 직접 옮겨 보세요. 필터는 자기와 닮은 것을 찾아냅니다. 직접 정한 수에 경계 필터를 적용해 보세요.
forward-padded = 패딩한 입력
forward-output = 출력 Z
forward-value = Z[{ $row }, { $column }] = { $value }
forward-mistaken = 잘못된 풀이대로 계산
forward-task = 입력의 행이 `n`개, 필터 크기가 `f`, 패딩이 `p`, 스트라이드가 `s`일 때 출력의 행은 몇 개일까요? `floor()`를 쓰세요.
forward-one-less = n = { $n }, f = { $f }, p = { $p }, s = { $s }일 때 행은 { $size }개로, 식의 값 { $answer }보다 하나 많습니다. 첫 번째 윈도도 세어야 합니다.
forward-no-floor = n = { $n }, f = { $f }, p = { $p }, s = { $s }일 때 식의 값은 { $answer }입니다. 다 들어가지 않는 윈도는 제외합니다. floor()로 내림하면 { $size }입니다.
forward-one-side = n = { $n }, f = { $f }, p = { $p }, s = { $s }일 때 행은 { $answer }개가 아니라 { $size }개입니다. 패딩은 양쪽에 행을 더합니다.
forward-other = n = { $n }, f = { $f }, p = { $p }, s = { $s }일 때 행은 { $answer }개가 아니라 { $size }개입니다. 윈도가 시작할 수 있는 자리를 세어 보세요.
forward-right = 식이 { $count }가지 경우 모두에서 conv_forward와 일치합니다.
forward-erratum-1 = 공개된 한 풀이는 윈도를 `h·s`, `w·s`가 아니라 `h`, `w`에서 시작하고 행과 열 모두 `f − 1`개만큼 일찍 멈추므로, `Z`의 가장자리가 0으로 남습니다. 위의 체크박스를 선택하면 볼 수 있습니다. 스트라이드가 1이면 가장자리만 틀리고, 2이면 나머지도 틀립니다.
forward-erratum-2 = 그 풀이가 출력한 평균은 0.0048이지만, 바로 아래의 예상 출력은 0.0490입니다. 예상 출력이 맞습니다.
forward-erratum-3 = 그곳의 주석은 `n_H_prev`를 너비라고 합니다. H는 높이입니다.

pool-title = 풀링
pool-text-1 = 풀링(pooling)은 특징 맵을 작게 만듭니다. 최대 풀링은 각 윈도의 가장 큰 값을, 평균 풀링은 평균을 남깁니다. 채널마다 따로 풀링하며, 학습하는 것은 없습니다.
pool-text-2 = 역전파에서 최대 풀링은 최댓값이 어디였는지 알아야 합니다. `create_mask_from_window`가 그 자리를 표시합니다. 평균 풀링은 윈도의 각 값에 같은 몫을 줍니다: `distribute_value`.
pool-mode = 풀링
pool-max = 최대 풀링
pool-average = 평균 풀링
pool-output = 출력 A
pool-mask = 윈도의 마스크
pool-shares = 각 값의 몫
pool-value = A[{ $row }, { $column }] = { $value }
pool-task = 윈도가 `{ $window }`입니다. 노트북의 `create_mask_from_window`는 무엇을 돌려줄까요?
pool-right = 최댓값과 같은 값을 모두 표시합니다. 프레임워크와 Stepnet의 층은 첫 번째만 표시합니다. 그러지 않으면 기울기가 두 번 전달됩니다.
pool-first-only = 프레임워크가 그렇게 합니다. 첫 번째 최댓값만 표시합니다. 노트북은 `x == np.max(x)`로 비교하므로 여기서는 두 곳이 참입니다.
pool-values-kept = 마스크에는 값 자체가 아니라 참과 거짓, 곧 1과 0이 들어 있습니다.
pool-all-ones = 그러면 네 값 모두에 기울기가 전달됩니다. 출력에 기여한 것은 가장 큰 값뿐입니다.
pool-erratum-1 = 한 풀이는 `A_prev`를 예제 번호 `i` 없이 자릅니다. 행 대신 배치를 자르고 모든 채널을 한꺼번에 풀링하므로, 두 예제에서 같은 수가 출력됩니다.
pool-erratum-2 = `x == np.max(x)`는 최댓값이 여럿이면 모두 표시합니다. 노트북은 이런 경우를 생각하지 않아도 된다고 하지만, ReLU 뒤에는 0이 여럿 나오는 일이 흔합니다.

backward-title = 역전파
backward-text-1 = 훈련하려면 각 가중치가 변할 때 손실이 어떻게 변하는지 알아야 합니다. 역전파(backward propagation)는 마지막 층에서 첫 층으로 가며 각 출력의 기울기(gradient) `dZ`를 전달합니다.
backward-text-2 = 출력 하나는 윈도 하나에서 나왔으므로, 그 기울기도 그 윈도로 돌아갑니다. 그곳의 `dA`에는 필터와 `dZ`의 곱이, 필터의 기울기 `dW`에는 윈도와 `dZ`의 곱이, `db`에는 `dZ`가 더해집니다.
backward-text-3 = 윈도들이 겹치므로 기여가 더해집니다. 윈도를 옮기며 합이 커지는 모습을 보세요. 최대 풀링에서는 최댓값의 자리만 기울기를 받고, 평균 풀링에서는 모두가 나누어 받습니다.
backward-layer = 층
backward-conv = 합성곱
backward-input = 입력 A_prev
backward-da = 지금까지의 dA_prev
backward-dw = 지금까지의 dW
backward-db = 지금까지의 db
backward-says-conv = 출력 [{ $row }, { $column }]의 기울기는 { $gradient }입니다. dA_prev의 윈도에 이 수와 필터의 곱이 더해집니다.
backward-says-max = 출력 [{ $row }, { $column }]의 기울기는 { $gradient }입니다. 전부 윈도의 최댓값으로 갑니다.
backward-says-average = 출력 [{ $row }, { $column }]의 기울기는 { $gradient }입니다. 윈도의 각 값이 4분의 1씩 받습니다.
backward-task = 스트라이드는 1, 패딩은 없습니다. `dW[0, 0]`을 계산하세요.
backward-right = 이 가중치는 네 윈도에서 1, 2, 3, 1을 만났습니다. 여기에 차례로 2, −1, 3, 0을 곱해 더하면 2 − 2 + 9 + 0입니다.
backward-is-db = 그 값은 dZ의 합인 db입니다. dW에서는 각 dZ에 그 가중치가 만난 입력을 곱합니다.
backward-is-da = 그 값은 dA_prev[0, 0]입니다. dW에서는 dZ에 필터가 아니라 입력을 곱하세요.
backward-first-window = 그 값은 첫 번째 윈도의 기여뿐입니다. 이 가중치는 네 윈도 모두에서 쓰입니다.
backward-other-weight = 그 값은 필터의 다른 가중치의 기울기입니다. W[0, 0]은 각 윈도의 왼쪽 위 모서리를 만납니다.
backward-other = 네 윈도에서 W[0, 0]이 만나는 입력을 적고, 각각에 그 윈도의 dZ를 곱해 더하세요.
backward-erratum-1 = 모든 사본은 `[pad:-pad, pad:-pad]`로 패딩을 잘라 냅니다. `pad = 0`이면 이 조각은 비어 있습니다. 모든 pad에 맞는 것은 `[pad : pad + n_H_prev, pad : pad + n_W_prev]`입니다.
backward-erratum-2 = 식 (1)–(3)의 합은 `n_H`와 `n_W`까지 포함하고, 예제에 대한 합이 빠져 있습니다. 코드의 반복문은 맞습니다.
backward-erratum-3 = `conv_backward`의 한 풀이는 자기 `conv_forward`의 오류를 되풀이합니다. 윈도에 스트라이드를 쓰지 않습니다. 출력한 평균은 틀렸고, 예상 출력은 맞습니다.
backward-erratum-4 = `pool_backward`의 한 풀이는 마스크에 `dA`의 수 하나가 아니라 윈도를 곱하고, 평균을 두 번 더합니다. 테스트의 스트라이드가 1이라서 스트라이드를 무시한 코드를 알아채지 못합니다.

network-title = 전체 신경망
network-text-1 = 합성곱 신경망은 이 단계들을 쌓습니다. 합성곱, ReLU, 풀링을 되풀이하고, 끝에서 값을 한 줄로 펼치면 선형 층이 클래스마다 점수 하나를 계산합니다. softmax는 점수를 확률로 바꿉니다.
network-text-2 = 크기를 고르며 형상을 따라가 보세요. 합성곱 층의 매개변수는 적지만, 곱셈은 대부분 거기에서 일어납니다.
network-image-size = 이미지 크기
network-filters = 첫 층의 필터 수
network-padding = 패딩
network-pool = 풀링 윈도
network-classes = 클래스 수
network-layers = 신경망의 층
network-layer = 층
network-output = 출력
network-parameters = 매개변수
network-products = 곱셈 횟수
network-sum = 합계
network-task = 입력의 채널이 `c`개일 때, 크기가 `f`행 `f`열인 필터 `n`개로 된 합성곱 층의 매개변수는 몇 개일까요?
network-task-label = 매개변수 수 =
network-no-bias = f = { $f }, c = { $c }, n = { $n }일 때 { $answer }개가 아니라 { $right }개입니다. 필터마다 편향도 있습니다.
network-one-bias = f = { $f }, c = { $c }, n = { $n }일 때 { $answer }개가 아니라 { $right }개입니다. 편향은 층에 하나가 아니라 필터마다 하나입니다.
network-no-channels = f = { $f }, c = { $c }, n = { $n }일 때 { $answer }개가 아니라 { $right }개입니다. 각 필터의 깊이는 입력과 같습니다.
network-other = f = { $f }, c = { $c }, n = { $n }일 때 { $answer }개가 아니라 { $right }개입니다. 먼저 필터 하나의 매개변수를 편향까지 세어 보세요.
network-right = 이미지 크기와는 관계가 없습니다. 그래서 합성곱에는 매개변수가 이렇게 적게 듭니다.
network-erratum-1 = 두 번째 노트북은 `[2, 4, 1]`을 입력층 둘, 은닉층 넷, 출력층 하나로 읽습니다. 실제로는 입력 두 개, 유닛 네 개의 은닉층 하나, 출력 유닛 하나입니다.
network-erratum-2 = 한 사본은 1층이 뒤로 전달하는 것을 `dA1`에 저장합니다. 그 사본의 표기법으로는 `A0`의 기울기이며, 이후 판에서는 그렇게 부릅니다.

training-title = 훈련
training-text-1 = 훈련은 네 단계를 되풀이합니다. 배치의 순전파(forward propagation), 손실, 역전파(backward propagation), 그리고 각 가중치를 기울기의 반대 방향으로 조금 바꾸는 것입니다.
training-text-2 = 얼마나 바꿀지는 학습률(learning rate)이 정합니다. 너무 작으면 손실이 거의 줄지 않고, 너무 크면 손실이 널뛰거나 커집니다.
training-text-3 = 내장 숫자 이미지로 작은 신경망을 훈련하되, 학습률을 바꾸어 가며 곡선을 비교해 보세요.
training-start = 120단계 훈련
training-clear = 지우기
training-curve = 학습률 { $rate }
training-axis = 단계
training-hint = 학습률을 고르고 훈련하세요. 비교할 수 있도록 최근 곡선 세 개가 남습니다.
training-task = 가중치가 `w`, 그 기울기가 `d`, 학습률이 `a`입니다. 경사 하강법 한 단계 뒤의 가중치는 얼마일까요? 입력한 식을, 신경망을 숫자 이미지 하나로 실제로 한 단계 훈련한 결과와 비교합니다.
training-task-label = 새 가중치 =
training-uphill = 실제 한 단계에서는 기울기가 { $d }일 때 w가 { $w }에서 { $after }(으)로 바뀌었지만, 식의 값은 { $answer }입니다. 비탈을 오르고 있습니다. 기울기 방향으로 가면 손실이 커집니다.
training-no-rate = 실제 한 단계에서는 기울기가 { $d }, a = { $a }일 때 w가 { $w }에서 { $after }(으)로 바뀌었지만, 식의 값은 { $answer }입니다. 한 단계의 크기에는 학습률을 곱합니다.
training-other = 실제 한 단계에서는 기울기가 { $d }, a = { $a }일 때 w가 { $w }에서 { $after }(으)로 바뀌었지만, 식의 값은 { $answer }입니다.
training-right = 두 가지 학습률에서 식이 실제 단계와 일치합니다.
training-erratum-1 = 노트북은 모든 기울기를 같은 양의 도함수로 쓰지만, 인수 1/m은 `dW`와 `db`에만 있습니다. `dA`와 `dZ`는 손실의 평균이 아니라 합의 도함수입니다. 기울기를 검사할 때 이 점을 고려해야 합니다.
training-erratum-2 = `update_parameters`의 테스트에서는 `db`가 수 하나(스칼라)라서 출력된 편향의 모든 행이 같습니다. `db`에는 유닛마다 값이 하나씩 있습니다.
