"""Processes that train together without MPI, under a launcher that can pass bytes between them: Ray, Dask and their like.

``fit(..., group=Group(rank, size, exchange))`` needs one function, in which all processes meet: it is given a piece of bytes for
each of them, and gives the pieces that the others have for this one. Where the launcher has actors, a `Meeting` is one, and
`Group.at` a process that comes to it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence

from stepnet import _native
from stepnet._values import number, shown, whole

__all__ = ["Group", "Meeting"]

Exchange = Callable[[list[bytes]], Sequence[bytes]]


class Group:
    """This process as a member of a group.

    Parameters
    ----------
    rank : int
        Its number among them, from 0. The process of rank 0 prints, and keeps a run.
    size : int
        How many there are.
    exchange : callable
        ``exchange(pieces)`` gives each process its piece of ``bytes`` and returns the pieces of all for this one, both in the
        order of the ranks; those at its own rank are empty. It returns when all processes have called it, or raises. One
        thread calls it at a time, not always the same one. mpi4py's ``comm.alltoall`` is such a function.
    """

    def __init__(self, rank: int, size: int, exchange: Exchange) -> None:
        size = whole("Group", "size", size, least=1)
        rank = whole("Group", "rank", rank, most=size - 1)
        if not callable(exchange):
            raise TypeError(f"Group: exchange is {shown(exchange)}, expected a function of a list of bytes")
        self._member = _native.Group.relay(rank, size, exchange)

    @property
    def rank(self) -> int:
        """Its number, from 0."""
        return self._member.rank

    @property
    def size(self) -> int:
        """How many there are."""
        return self._member.size

    @classmethod
    def at(cls, rank: int, size: int, exchange: Callable[[int, str, list[bytes]], Sequence[bytes]]) -> Group:
        """A member of those that come to a `Meeting`; ``exchange`` calls `Meeting.exchange` of that one actor, with the same
        arguments, and waits for what it returns."""
        visit = uuid.uuid4().hex
        return cls(rank, size, lambda pieces: exchange(rank, visit, pieces))

    def __repr__(self) -> str:
        return f"Group(rank={self.rank}, size={self.size})"


class Meeting:
    """Where processes meet: an actor of their launcher, made once for each training. All bytes go through it.

    Parameters
    ----------
    size : int
        How many processes meet.
    patience : float
        Seconds that one waits for the others, before it gives up. A process that is slow must come sooner, say from reading
        its data.
    """

    def __init__(self, size: int, patience: float = 600.0) -> None:
        self._size, self._patience = whole("Meeting", "size", size, least=1), number("Meeting", "patience", patience)
        self._visits: dict[int, str] = {}
        self._pieces: dict[int, list[bytes]] = {}
        self._all_here: asyncio.Future[list[list[bytes]]] | None = None
        self._failed = ""

    async def exchange(self, rank: int, visit: str, pieces: list[bytes]) -> list[bytes]:
        """Takes the pieces of a process for each of the others, and gives those of the others for it."""
        if self._failed:
            raise TimeoutError(self._failed)
        if self._visits.setdefault(rank, visit) != visit:
            raise RuntimeError(f"rank {rank} was started again: a training that begins again needs a new Meeting")
        if len(pieces) != self._size or rank not in range(self._size):
            raise ValueError(f"rank {rank} brings {len(pieces)} pieces to a meeting of {self._size}")
        if rank in self._pieces:
            raise RuntimeError(f"rank {rank} comes a second time before the others have come")
        if self._all_here is None:
            self._all_here = asyncio.get_running_loop().create_future()
        all_here = self._all_here
        self._pieces[rank] = pieces
        if len(self._pieces) == self._size:
            # Those who wait have what they came for: the next exchange may begin.
            all_here.set_result([self._pieces[other] for other in range(self._size)])
            self._pieces, self._all_here = {}, None
        try:
            everything = await asyncio.wait_for(asyncio.shield(all_here), self._patience)
        except asyncio.TimeoutError:
            missing = ", ".join(str(other) for other in range(self._size) if other not in self._pieces)
            # Nobody else is to wait in vain.
            self._failed = f"rank {missing} did not come within {self._patience:g} s"
            raise TimeoutError(self._failed) from None
        return [sent[rank] for sent in everything]
