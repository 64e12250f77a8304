from threading import Event

import pytest

from codekiln.errors import OverloadedError
from codekiln.serve.admission import Admission


def test_who_leaves_makes_room():
    admission = Admission(1)
    with admission.admitted():
        assert admission.inside == 1
    with admission.admitted():
        pass
    assert admission.inside == 0


def test_no_more_than_there_is_room_for():
    admission = Admission(2)
    with admission.admitted("a"), admission.admitted("b"):
        with pytest.raises(OverloadedError, match="2 requests"), admission.admitted("c"):
            pass
        assert admission.inside == 2


def test_the_newest_of_a_document_cancels_the_older():
    admission = Admission()
    with admission.admitted("a") as first, admission.admitted("b") as other:
        assert not first.is_set()
        with admission.admitted("a") as second:
            assert (first.is_set(), second.is_set(), other.is_set()) == (True, False, False)


def test_one_that_was_cancelled_takes_no_room():
    admission = Admission(1)
    with admission.admitted("a") as first, admission.admitted("a"):
        assert first.is_set()


def test_without_a_name_nobody_is_cancelled():
    admission = Admission()
    with admission.admitted() as first, admission.admitted() as second:
        assert not first.is_set()
        assert not second.is_set()


def test_the_caller_may_bring_the_event():
    mine = Event()
    with Admission().admitted("a", mine) as given:
        assert given is mine


def test_a_refused_request_still_cancels_the_older_of_its_document():
    admission = Admission(1)
    with admission.admitted("a") as first, admission.admitted("a") as second:
        with pytest.raises(OverloadedError), admission.admitted("b"):
            pass
        assert first.is_set()
        assert not second.is_set()


def test_an_error_inside_makes_room_as_well():
    admission = Admission(1)
    with pytest.raises(ZeroDivisionError), admission.admitted("a"):
        raise ZeroDivisionError
    assert admission.inside == 0
    with admission.admitted("a") as event:
        assert not event.is_set()
