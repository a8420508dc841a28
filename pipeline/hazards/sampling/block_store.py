"""Decoded blocks that several threads share, each decoded once while it is stored."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock

from numpy.typing import NDArray


class BlockStore:
    """Keeps the blocks that were used last, up to a number of bytes.

    A block larger than the whole store is handed out and not kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._blocks: OrderedDict[Hashable, NDArray] = OrderedDict()
        self._decoding: dict[Hashable, Future[NDArray]] = {}
        self._bytes = 0
        self._lock = Lock()
        self.n_decoded = 0

    def get(self, key: Hashable, decode: Callable[[], NDArray]) -> NDArray:
        """Block of a key, decoded by the first thread that asks for it.

        Other threads that ask meanwhile wait for that one; an error of ``decode``
        reaches all of them.
        """
        with self._lock:
            if key in self._blocks:
                self._blocks.move_to_end(key)
                return self._blocks[key]
            waiting = self._decoding.get(key)
            if waiting is None:
                mine: Future[NDArray] = Future()
                self._decoding[key] = mine
        if waiting is not None:
            return waiting.result()
        try:
            block = decode()
        except BaseException as error:
            with self._lock:
                del self._decoding[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self.n_decoded += 1
            self._keep(key, block)
            del self._decoding[key]
        mine.set_result(block)
        return block

    def _keep(self, key: Hashable, block: NDArray) -> None:
        if block.nbytes > self._limit_bytes:
            return
        while self._bytes + block.nbytes > self._limit_bytes:
            _, oldest = self._blocks.popitem(last=False)
            self._bytes -= oldest.nbytes
        self._blocks[key] = block
        self._bytes += block.nbytes
