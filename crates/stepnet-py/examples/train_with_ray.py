"""Trains one network by several workers of Ray: python train_with_ray.py [WORKERS]

Ray starts the workers and passes their bytes; no MPI is needed. The weights are those of one process, bit for bit.
"""

import sys

import ray

from stepnet import Network, data
from stepnet.group import Group, Meeting

SHARES = 16
"""Of each batch: the weights depend on them, not on the number of workers."""


def train(group=None):
    """What every worker does: the same call of `fit`, with the same arguments. The beginning of the weights, as text."""
    X, y = data.digits()
    net = Network("conv(8, 3) -> bn -> relu -> maxpool(2) -> linear(classes) -> softmax", (8, 8, 1), classes=10, seed=1)
    net.fit(X[:640], y[:640], epochs=2, batch_size=128, shares=SHARES, group=group, verbose=group is not None)
    return net.get_weights()["linear1.weight"].tobytes()[:16].hex()


# A worker that is lost is not started again: the others would have gone on. A run with a folder can be resumed.
@ray.remote(num_cpus=1, max_retries=0)
def worker(rank, size, meeting):
    return train(Group.at(rank, size, lambda *call: ray.get(meeting.exchange.remote(*call))))


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    ray.init(num_cpus=size, include_dashboard=False, runtime_env={"env_vars": {"RAYON_NUM_THREADS": "1"}})
    try:
        meeting = ray.remote(num_cpus=0)(Meeting).remote(size)
        found = ray.get([worker.remote(rank, size, meeting) for rank in range(size)])
    finally:
        ray.shutdown()
    alone = train()
    print(f"{size} workers of Ray: {found[0]}; one process: {alone}")
    return 0 if found == [alone] * size else 1


if __name__ == "__main__":
    sys.exit(main())
