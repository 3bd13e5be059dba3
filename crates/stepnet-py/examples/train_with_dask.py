"""Trains one network by several workers of Dask: python train_with_dask.py [WORKERS]

Dask starts the workers and passes their bytes; no MPI is needed. The weights are those of one process, bit for bit.
"""

import os
import sys

from dask.distributed import Client, LocalCluster

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


def worker(rank, size, meeting):
    # Looked up here: in another thread, Dask does not know which worker this is.
    exchange = meeting.exchange
    return train(Group.at(rank, size, lambda *call: exchange(*call).result()))


def main():
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    # One thread for each of the workers of this machine.
    os.environ["RAYON_NUM_THREADS"] = "1"
    with LocalCluster(n_workers=size, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        meeting = client.submit(Meeting, size, actor=True).result()
        # Each on a worker of its own: they wait for each other.
        places = list(client.scheduler_info(n_workers=-1)["workers"])
        tasks = [
            client.submit(worker, rank, size, meeting, workers=[place], allow_other_workers=False, pure=False)
            for rank, place in enumerate(places)
        ]
        found = client.gather(tasks)
    alone = train()
    print(f"{size} workers of Dask: {found[0]}; one process: {alone}")
    return 0 if found == [alone] * size else 1


if __name__ == "__main__":
    sys.exit(main())
