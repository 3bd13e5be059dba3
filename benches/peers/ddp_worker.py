"""Trains a network as a process of PyTorch's DistributedDataParallel: RANK=0 WORLD_SIZE=2 ... ddp_worker.py NETWORK BATCH STEPS

Every process trains its part of a batch of BATCH random pictures; gloo adds the gradients. The first one prints the images a
second of all, from the median of the steps' times but the first tenth's. A single process trains without a group.
"""

import json
import os
import statistics
import sys
import time

import torch

from networks import NETWORKS
from torch_worker import module


def main():
    name, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(1)
    of_network = NETWORKS[name]
    network = module(of_network["layers"], of_network["input"]).to(memory_format=torch.channels_last)
    if size > 1:
        torch.distributed.init_process_group("gloo")
        network = torch.nn.parallel.DistributedDataParallel(network)
    update = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    own = batch // size
    x = torch.randn(own, *of_network["input"]).contiguous(memory_format=torch.channels_last)
    y = torch.arange(own) % of_network["classes"]
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        update.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        update.step()
        times.append(time.perf_counter() - start)
    if rank == 0:
        print(json.dumps({"images_per_second": batch / statistics.median(times[steps // 10 :])}))
    if size > 1:
        # One that ends while the other still talks to it makes that fail.
        torch.distributed.barrier()
    sys.stdout.flush()
    # Threads of gloo sometimes end the process with an error while it takes itself apart.
    os._exit(0)


if __name__ == "__main__":
    main()
