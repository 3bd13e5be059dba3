"""The schedules of the learning rate as they are documented, and the optimisers on PyTorch's tensors."""

import math

MOMENTUM, BETA2, TINY = 0.9, 0.999, 1e-8


def rate(schedule, base, epoch, done, warm_up=None):
    """The learning rate of an epoch at the share `done` of all steps, as the schedules are documented. `warm_up` is a
    share of the run, or the schedule's own rise."""
    name, _, rest = schedule.partition("(")
    numbers = [float(part) for part in rest.rstrip(")").split(",") if part]
    half = lambda start, end, share: end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))
    rise = {"cosine": 0.05, "one-cycle": numbers[0] if numbers else 0.3}.get(name, 0.0) if warm_up is None else warm_up
    rest = (done - rise) / (1 - rise)
    if name == "one-cycle":
        start, end = numbers[1:] if numbers else (25, 1e4)
        return half(base / start, base, done / rise) if done < rise else half(base, base / start / end, rest)
    if name == "cosine" and done >= rise:
        return half(base, 0, rest)
    if name == "step":
        base *= numbers[0] ** (epoch // int(numbers[1]))
    if name == "exponential":
        base *= numbers[0] ** epoch
    if name == "decay":
        every = int(numbers[1]) if len(numbers) > 1 else 1
        base /= 1 + numbers[0] * (max(epoch - 1, 0) // every)
    return base * done / rise if done < rise else base


def averaged(decay, step):
    """What the average of the weights keeps of itself at a step, from 1: less at first, as TensorFlow has it."""
    return min(decay, (1 + step) / (10 + step))


class Stepper:
    """The optimisers: PyTorch's own, but for the course's momentum, which it does not have."""

    def __init__(self, case, learnt):
        import torch

        self.case, self.learnt = case, learnt
        self.start = {name: tensor.detach().clone() for name, tensor in learnt.items()}
        weights = [tensor for name, tensor in learnt.items() if name.endswith(".weight")]
        others = [tensor for name, tensor in learnt.items() if not name.endswith(".weight")]
        decay = {None: 0.01 if case.rule == "adamw" else 0.0}.get(case.decay, case.decay)
        groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
        groups = [group for group in groups if group["params"]]
        betas = {"betas": (MOMENTUM, BETA2), "eps": TINY}
        self.weights = weights
        self.velocity = {name: torch.zeros_like(tensor) for name, tensor in learnt.items()}
        self.averages = None
        self.steps = 0
        self.optimizer = {
            "gd": lambda: torch.optim.SGD(groups, lr=1.0),
            "momentum": lambda: None,
            "classic-momentum": lambda: torch.optim.SGD(groups, lr=1.0, momentum=MOMENTUM),
            "nesterov": lambda: torch.optim.SGD(groups, lr=1.0, momentum=MOMENTUM, nesterov=True),
            "adam": lambda: torch.optim.Adam(groups, lr=1.0, **betas),
            "adamw": lambda: torch.optim.AdamW(groups, lr=1.0, **betas),
        }[case.rule]()

    def step(self, now):
        """Changes the weights, and their average."""
        import torch

        self.update(now)
        self.steps += 1
        if self.case.ema is None:
            return
        share = averaged(self.case.ema, self.steps)
        with torch.no_grad():
            if self.averages is None:
                self.averages = {name: tensor.clone() for name, tensor in self.start.items()}
            for name, tensor in self.learnt.items():
                self.averages[name].mul_(share).add_(tensor, alpha=1 - share)

    def update(self, now):
        import torch

        with torch.no_grad():
            for tensor in self.weights:
                tensor.grad += self.case.l2 / len(self.case.y) * tensor
        if self.case.clip is not None:
            clip = {"clip_norm": torch.nn.utils.clip_grad_norm_, "clip_value": torch.nn.utils.clip_grad_value_}
            clip[self.case.clip_by](list(self.learnt.values()), self.case.clip)
        if self.optimizer is None:
            with torch.no_grad():
                for name, tensor in self.learnt.items():
                    velocity = self.velocity[name]
                    velocity.mul_(MOMENTUM).add_(tensor.grad, alpha=1 - MOMENTUM)
                    tensor.sub_(velocity, alpha=now)
            return
        for group in self.optimizer.param_groups:
            group["lr"] = now
        self.optimizer.step()
