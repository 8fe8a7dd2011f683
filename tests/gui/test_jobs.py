"""Work in the background: its answers come in the GUI thread, to those who are still there."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject, QThreadPool
from shiboken6 import delete

from visualizer.gui.jobs import Newest, run_in_background


def test_answers_and_errors_come_in_the_gui_thread(qapp, qtbot):
    owner, told = QObject(), []
    for i in range(200):
        run_in_background(owner, lambda i=i: i * i, lambda v: told.append((v, threading.current_thread())))
    run_in_background(owner, lambda: 1 / 0, told.append, lambda e: told.append((str(e), threading.current_thread())))
    qtbot.waitUntil(lambda: len(told) == 201)
    assert {thread for _, thread in told} == {threading.main_thread()}
    assert {value for value, _ in told} == {i * i for i in range(200)} | {"division by zero"}


def test_who_is_gone_hears_nothing(qapp, qtbot):
    """Owners that go while their work is done: this crashed when each task had an object of its own."""
    stays, told = QObject(), []
    for i in range(100):
        owner = QObject(stays)
        run_in_background(owner, lambda i=i: i, told.append)
        if i % 2:
            delete(owner)
    qtbot.waitUntil(lambda: len(told) == 50)
    qtbot.wait(50)
    assert sorted(told) == list(range(0, 100, 2))


def test_what_is_superseded_is_not_begun(qapp, qtbot):
    pool, owner, gate, begun, told = QThreadPool.globalInstance(), QObject(qapp), threading.Event(), [], []
    newest, threads = Newest(owner), pool.maxThreadCount()
    pool.setMaxThreadCount(1)

    def work(i):
        begun.append(i)
        gate.wait(5)
        return i

    try:
        newest.run(lambda: work(0), told.append)
        qtbot.waitUntil(lambda: begun == [0])
        for i in range(1, 20):
            newest.run(lambda i=i: work(i), told.append)
        gate.set()
        qtbot.waitUntil(lambda: bool(told))
    finally:
        pool.setMaxThreadCount(threads)
    assert begun == [0, 19]
    assert told == [19]


def test_an_error_nobody_expects_is_not_swallowed(qapp, qtbot):
    with qtbot.captureExceptions() as caught:
        run_in_background(QObject(qapp), lambda: [][1], lambda _: pytest.fail("there is no answer"))
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is IndexError
