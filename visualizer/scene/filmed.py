"""A tour as the script of a lecture: each stop as long as it says, or as its caption takes to read."""

from __future__ import annotations

from typing import Any

from visualizer.scene.blend import blend
from visualizer.scene.changes import Change, changes
from visualizer.scene.compare import picture
from visualizer.scene.model import Scene
from visualizer.scene.script import Event, Script, scene_event
from visualizer.scene.tour import Itinerary, Stop
from visualizer.scene.view import ViewPart

#: Frames a second that a window plays, each of so many steps as the sampler says.
_FRAMES = 60
#: Seconds before one begins to read, words a second, and seconds at least.
_BEFORE, _WORDS, _LEAST = 2.0, 2.6, 6.0
#: Seconds between two scenes while numbers move over, and after a run has come to its pause.
_MOVED, _AFTER = 0.05, 2.0


def reading_time(stop: Stop) -> float:
    """Seconds for a stop: as written, else for its title and caption; a formula counts as some words."""
    if stop.seconds is not None:
        return stop.seconds
    words = len(f"{stop.title} {stop.caption}".split())
    return max(_LEAST, _BEFORE + stop.transition + words / _WORDS)


def filmed(itinerary: Itinerary, theme: str | None = None) -> Script:
    """What would be recorded of a tour that goes on by itself.

    Args:
        itinerary: the tour.
        theme: of all pictures; None: as each scene has it.
    """
    film = _Film(itinerary)
    for i, (stop, scene) in enumerate(zip(itinerary.tour.stops, itinerary.scenes, strict=True)):
        film.stop(i, stop, _themed(scene, theme))
    return Script(title=itinerary.tour.title, seconds=round(film.at, 3), events=tuple(film.events))


def _themed(scene: Scene, theme: str | None) -> Scene:
    if theme is None:
        return scene
    return scene.with_(view=ViewPart.model_validate({**scene.view.model_dump(), "theme": theme}))


class _Film:
    """A script as it grows: where it is, what is shown, and where the run is."""

    def __init__(self, itinerary: Itinerary) -> None:
        self.events: list[Event] = []
        self.at, self._count = 0.0, len(itinerary.scenes)
        self._shown: Scene | None = None
        self._playing, self._step = False, 0

    def _add(self, at: float, **what: Any) -> None:
        self.events.append(Event(at=round(at, 3), **what))

    def stop(self, index: int, stop: Stop, scene: Scene) -> None:
        """One stop more."""
        now = self._shown
        anew = now is None or stop.restart or bool(changes(now, scene) & Change.RESTART)
        begun = self.at
        if anew:
            self.events.append(scene_event(round(begun, 3), now, scene, now is not None))
            self._step = 0
        self._add(begun, title=stop.title, caption=stop.caption, number=f"{index + 1} / {self._count}",
                  equation=stop.equation, norms=stop.norms or 0, digits=stop.digits or 0.0,
                  marks=stop.marks if anew or not stop.transition else ())  # fmt: skip
        self._playing = self._playing if stop.play is None else stop.play
        seconds = self._run(stop, scene, reading_time(stop))
        if not anew and now is not None:
            self._move_over(now, scene, stop, begun)
        self._shown, self.at = scene, begun + seconds
        self.events.sort(key=lambda event: event.at)

    def _run(self, stop: Stop, scene: Scene, seconds: float) -> float:
        """The steps that are taken meanwhile; the seconds that the stop takes for that."""
        sampler = picture(scene, 0).sampler
        rate, begun = _FRAMES * sampler.steps_per_frame, self.at
        self._add(begun, step=self._step)
        if not self._playing:
            return seconds
        ends = [limit for limit in (stop.until, None if sampler.endless else sampler.steps) if limit is not None]
        last = min((end for end in ends if end > self._step), default=None)
        if last is not None and stop.until == last:
            seconds = max(seconds, (last - self._step) / rate + _AFTER)
        step = self._step + round(rate * seconds)
        if last is not None and step >= last:
            self._add(begun + (last - self._step) / rate, step=last)
            self._step, self._playing = last, stop.until != last and self._playing
        elif ends and last is None and not sampler.endless:
            return seconds  # the run is at its end already
        else:
            self._step = step
        self._add(begun + seconds, step=self._step)
        return seconds

    def _move_over(self, now: Scene, scene: Scene, stop: Stop, begun: float) -> None:
        """Numbers that differ move over; marks come when they are there."""
        before = now
        count = max(1, round(stop.transition / _MOVED))
        for k in range(1, count + 1):
            u = k / count
            between = blend(now, scene, u * u * (3 - 2 * u))
            self.events.append(scene_event(round(begun + u * stop.transition, 3), before, between, False))
            before = between
        if stop.transition:
            self._add(begun + stop.transition, marks=stop.marks)
