"""Groups of processes that have nothing in common but a launcher that passes their bytes."""

import asyncio
import hashlib
import multiprocessing
import threading

import pytest

from stepnet import Network, data
from stepnet.group import Group, Meeting

TEXT = "conv(4, 3) -> bn -> relu -> dropout(0.2) -> linear(10) -> softmax"


def fit(group=None, **settings):
    X, y = data.digits()
    net = Network(TEXT, (8, 8, 1), classes=10, seed=1)
    net.fit(X[:300], y[:300], epochs=2, batch_size=64, shares=8, verbose=False, group=group, **settings)
    return hashlib.sha256(b"".join(w.tobytes() for w in net.get_weights().values())).hexdigest()


def work(pipe, rank, size, does):
    """What a process does that reaches the meeting through a pipe."""

    def exchange(*call):
        pipe.send(call)
        came, answer = pipe.recv()
        if not came:
            raise answer
        return answer

    try:
        pipe.send(("done", fit(Group.at(rank, size, exchange), **does)))
    except Exception as error:
        pipe.send(("done", f"{type(error).__name__}: {error}"))


class Hall:
    """A meeting of processes of this machine: each has a pipe, and a thread of this one that listens to it."""

    def __init__(self, size, patience=120.0):
        self.size, self.meeting = size, Meeting(size, patience)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def serve(self, pipe):
        while True:
            call = pipe.recv()
            if call[0] == "done":
                return call[1]
            try:
                pipe.send((True, asyncio.run_coroutine_threadsafe(self.meeting.exchange(*call), self.loop).result()))
            except Exception as error:
                pipe.send((False, error))

    def all_fit(self, ranks=None, **does):
        """What `fit` gives in the processes of these ranks, or raises there."""
        ranks = range(self.size) if ranks is None else ranks
        found, threads = {}, []
        for rank in ranks:
            here, there = multiprocessing.get_context("spawn").Pipe()
            of_rank = {name: values[rank] for name, values in does.items()}
            process = multiprocessing.get_context("spawn").Process(target=work, args=(there, rank, self.size, of_rank), daemon=True)
            process.start()
            listen = threading.Thread(target=lambda rank=rank, here=here: found.update({rank: self.serve(here)}), daemon=True)
            listen.start()
            threads.append(listen)
        for thread in threads:
            thread.join(240)
        return [found.get(rank) for rank in ranks]


@pytest.mark.parametrize("all_reduce", ["exact", "fast"])
def test_processes_that_meet_train_to_the_same_weights(all_reduce):
    found = Hall(3).all_fit(all_reduce=[all_reduce] * 3)
    assert found[0] == found[1] == found[2]
    # The order of the sum is that of the shares, or of the processes.
    assert (found[0] == fit()) == (all_reduce == "exact")


def test_a_process_with_other_settings_is_named():
    found = Hall(2).all_fit(learning_rate=[0.01, 0.02])
    assert all("rank 1: learning_rate is 0.02, on rank 0 0.01" in answer for answer in found), found


def test_a_process_that_does_not_come_is_named():
    answer, = Hall(2, patience=0.5).all_fit(ranks=[0])
    assert answer.startswith("RuntimeError") and "exchange raised TimeoutError: rank 1 did not come within 0.5 s" in answer


def test_bytes_reach_those_they_are_for():
    async def exchanges():
        meeting = Meeting(2)
        rounds = []
        for number in (b"1", b"2"):
            zero = meeting.exchange(0, "a", [b"", b"to one " + number])
            one = meeting.exchange(1, "b", [b"to zero " + number, b""])
            rounds.append(await asyncio.gather(zero, one))
        return rounds

    assert asyncio.run(exchanges()) == [
        [[b"", b"to zero 1"], [b"to one 1", b""]],
        [[b"", b"to zero 2"], [b"to one 2", b""]],
    ]


def test_who_comes_again_or_brings_too_little_is_told():
    async def come(*calls):
        meeting = Meeting(2, patience=0.05)
        return await asyncio.gather(*(meeting.exchange(*call) for call in calls), return_exceptions=True)

    _, again = asyncio.run(come((0, "a", [b"", b""]), (0, "other", [b"", b""])))
    assert isinstance(again, RuntimeError) and "rank 0 was started again" in str(again)
    _, twice = asyncio.run(come((0, "a", [b"", b""]), (0, "a", [b"", b""])))
    assert isinstance(twice, RuntimeError) and "a second time" in str(twice)
    (few,) = asyncio.run(come((0, "a", [b""])))
    assert isinstance(few, ValueError) and "1 pieces to a meeting of 2" in str(few)
    (alone,) = asyncio.run(come((1, "a", [b"", b""])))
    assert isinstance(alone, TimeoutError) and "rank 0 did not come within 0.05 s" in str(alone)


def test_groups_that_cannot_be_are_refused():
    for wrong, kind, match in [
        ((2, 2, max), ValueError, "rank is 2, expected"),
        ((0, 0, max), ValueError, "size is 0, expected at least 1"),
        ((0.5, 2, max), TypeError, "rank is 0.5, expected a whole number"),
        ((0, 2, "all"), TypeError, "exchange is 'all', expected a function"),
    ]:
        with pytest.raises(kind, match=match):
            Group(*wrong)


def test_what_exchange_gives_is_checked():
    for given, match in [
        (lambda pieces: [], "the exchange gave 0 pieces, expected 2"),
        (lambda pieces: [b"", b"much too short"], "14 bytes from rank 1, expected"),
        (lambda pieces: None, "exchange raised TypeError"),
        (lambda pieces: 1 / 0, "exchange raised ZeroDivisionError: division by zero"),
    ]:
        with pytest.raises(RuntimeError, match=match):
            fit(Group(0, 2, given))
