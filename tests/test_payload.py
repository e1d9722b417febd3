"""A payload is bytes, a seekable binary file, or a length with chunks."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmsjose.errors import InputError
from kmsjose.payload import Chunks, chunks_of, length_of


@given(st.lists(st.binary(max_size=50)))
def test_chunks_come_out_as_they_went_in(pieces):
    whole = b"".join(pieces)
    assert b"".join(chunks_of(Chunks(len(whole), pieces))) == whole
    assert b"".join(chunks_of(io.BytesIO(whole))) == whole
    assert b"".join(chunks_of(whole)) == whole


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO, lambda data: Chunks(5, [data])])
def test_the_length_is_known_before_anything_is_read(kind):
    assert length_of(kind(b"12345")) == 5


def test_chunks_are_not_read_for_their_length():
    def explode():
        raise AssertionError("read")
        yield b""

    assert length_of(Chunks(7, explode())) == 7


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_buffer_is_one_chunk_of_bytes(kind):
    assert list(chunks_of(kind(b"12345"))) == [b"12345"]


def test_a_file_is_read_from_its_beginning_wherever_it_stands(tmp_path):
    path = tmp_path / "payload"
    path.write_bytes(b"12345")
    with path.open("rb") as file:
        file.seek(3)
        assert length_of(file) == 5
        assert b"".join(chunks_of(file)) == b"12345"
        assert b"".join(chunks_of(file)) == b"12345"


def test_a_large_file_comes_in_pieces():
    pieces = list(chunks_of(io.BytesIO(bytes(3_000_000))))
    assert len(pieces) == 3
    assert sum(map(len, pieces)) == 3_000_000


@pytest.mark.parametrize("length", [-1, 0, 4, 6, 2**70])
def test_chunks_that_do_not_add_up_are_refused(length, refused):
    with refused("payload-invalid", InputError):
        list(chunks_of(Chunks(length, [b"12", b"345"])))


def test_endless_chunks_are_read_no_further_than_their_length(refused):
    read = []

    def endless():
        while True:
            read.append(1)
            yield b"1"

    with refused("payload-invalid", InputError):
        list(chunks_of(Chunks(3, endless())))
    assert len(read) == 4


@pytest.mark.parametrize("text", ["", "text"])
def test_a_file_of_text_is_refused_and_not_read_for_ever(text, refused):
    with refused("payload-invalid", InputError):
        list(chunks_of(io.StringIO(text)))


@pytest.mark.parametrize("pieces", [["text"], [b"1", None], [5]])
def test_chunks_that_are_not_bytes_are_refused(pieces, refused):
    with refused("payload-invalid", InputError):
        list(chunks_of(Chunks(5, pieces)))


class _Pipe(io.RawIOBase):
    def readable(self):
        return True


@pytest.mark.parametrize("payload", ["text", None, 5, [b"1"], {}, _Pipe()], ids=lambda payload: type(payload).__name__)
@pytest.mark.parametrize("ask", [length_of, lambda payload: list(chunks_of(payload))], ids=["length", "chunks"])
def test_what_is_no_payload_is_refused(payload, ask, refused):
    with refused("payload-invalid", InputError):
        ask(payload)


def test_a_closed_file_is_refused(refused):
    file = io.BytesIO(b"1")
    file.close()
    with refused("payload-invalid", InputError):
        length_of(file)
