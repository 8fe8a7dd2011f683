"""Every action with its shortcut and tip, in one table: menus, the help sheet and the keys all come from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from visualizer.gui.desk import Desk
from visualizer.gui.experiments import EXPERIMENTS


@dataclass(frozen=True)
class Spec:
    """One action: where it stands in the menus, what it says, its keys and the command that does it.

    `method` is the command's name; of an experiment its kind. `on` says whether what is switched is on.
    """

    menu: str
    text: str
    keys: tuple[str, ...]
    tip: str
    method: str
    separator: bool = False
    experiment: bool = False
    on: Callable[[Desk], bool] | None = None


def _drawn(layer: str) -> Callable[[Desk], bool]:
    """Whether a layer is drawn."""
    return lambda desk: layer in desk.scene.layers.of(desk.scene.target.d)


_ACTIONS: tuple[Spec, ...] = (
    Spec("File", "New", ("Ctrl+Shift+N",), "A plain scene: two components to drag", "new"),
    Spec("File", "Gallery…", ("Ctrl+G",), "Choose one of the built-in scenes", "show_gallery"),
    Spec("File", "Open…", ("Ctrl+O",), "Open a scene, data, an image or a network", "open_dialog"),
    Spec(
        "File",
        "Unsaved work…",
        ("Ctrl+Shift+U",),
        "What was not saved when a window ended",
        "recover",
    ),
    Spec("File", "Save", ("Ctrl+S",), "Save the scene", "save"),
    Spec("File", "Save as…", ("Ctrl+Shift+S",), "Save the scene under another name", "save_as"),
    Spec("File", "Revert", ("Ctrl+Shift+Backspace",), "Back to what was opened or saved last", "revert"),
    Spec("File", "Export video or GIF…", ("Ctrl+E",), "The run as MP4, WebM, GIF, WebP or PNGs", "export_video", True),
    Spec("File", "Save picture…", ("Ctrl+P",), "The picture as PNG, SVG or PDF", "save_picture"),
    Spec("File", "Export numbers…", ("Ctrl+Shift+E",), "Particles, fields, curves, diagnostics", "export_numbers"),
    Spec("File", "Copy picture", ("Ctrl+C",), "The picture into the clipboard", "copy_picture"),
    Spec("File", "Copy link", ("Ctrl+L",), "The whole scene as a line of text; Ctrl+V opens it", "copy_link"),
    Spec("File", "Copy as Python", ("Ctrl+Shift+C",), "The lines that rebuild this scene", "copy_python"),
    Spec("File", "Plug-ins…", ("Ctrl+Shift+P",), "Targets, samplers and processes of your own", "show_plugins", True),
    Spec("File", "Quit", ("Ctrl+Q",), "Close the window", "close", True),
    Spec("Edit", "Undo", ("Ctrl+Z",), "Take the last edit back", "undo"),
    Spec("Edit", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Do it again", "redo"),
    Spec(
        "Edit",
        "Find anything…",
        ("Ctrl+K",),
        "Every action, layer, sampler, scene and page by a word",
        "find_anything",
        True,
    ),
    Spec("Edit", "Title and caption…", ("Ctrl+Shift+T",), "What the scene is called and said to show", "edit_caption"),
    Spec("Edit", "Paste", ("Ctrl+V",), "A link opens its scene; columns of numbers become the target", "paste"),
    Spec(
        "Edit", "Add component", ("Ctrl+N",), "A component more (or double-click in the picture)", "add_component", True
    ),
    Spec("Edit", "Remove component", ("Delete", "Backspace"), "Remove the selected component", "remove_component"),
    Spec("Edit", "Next component", ("]",), "Select the next component", "next_component"),
    Spec("Edit", "Previous component", ("[",), "Select the previous component", "previous_component"),
    Spec("Edit", "Move left", ("Alt+Left",), "Move the selected component to the left", "nudge_left"),
    Spec("Edit", "Move right", ("Alt+Right",), "Move the selected component to the right", "nudge_right"),
    Spec("Edit", "Move up", ("Alt+Up",), "Move the selected component up", "nudge_up"),
    Spec("Edit", "Move down", ("Alt+Down",), "Move the selected component down", "nudge_down"),
    Spec(
        "Edit", "One or two dimensions", ("D",), "Turn a 1-D target into a 2-D one, or back", "change_dimension", True
    ),
    Spec("Run", "Play or pause", ("Space",), "Run the sampler", "toggle_play"),
    Spec("Run", "One step on", ("Right",), "Take one step", "step_on"),
    Spec("Run", "One step back", ("Left",), "Take the last step back", "step_back"),
    Spec("Run", "Restart", ("R",), "Back to the start, with the same seed", "restart"),
    Spec("Run", "New seed", ("Shift+R",), "Restart with another seed", "new_seed"),
    Spec("Run", "One chain", ("O",), "One particle, slowly: what it proposes, takes and refuses", "one_chain", True),
    Spec("Run", "A few hundred", ("Shift+O",), "Three hundred particles, at half speed", "few_hundred"),
    Spec("Run", "A cloud", ("Alt+O",), "Twenty thousand particles", "cloud"),
    Spec("Run", "Compare with another sampler", ("C",), "One picture more, side by side", "add_picture", True),
    Spec("Run", "Remove the chosen picture", ("Shift+C",), "One picture less", "remove_picture"),
    Spec("Run", "Next picture", ("P",), "Let the cards edit the next of several pictures", "next_picture"),
    Spec("Run", "Faster", ("+", "="), "More steps per frame", "faster", True),
    Spec("Run", "Slower", ("-",), "Fewer steps per frame", "slower"),
    Spec("View", "Fit the target", ("0",), "Show the whole target", "fit"),
    Spec("View", "Dark or light", ("T",), "Dark for screens, light for projectors", "toggle_theme"),
    Spec(
        "View",
        "Log density",
        ("L",),
        "Colours over p or over log p",
        "toggle_log",
        on=lambda desk: desk.scene.layers.scale == "log",
    ),
    Spec(
        "View",
        "Fourier view",
        ("F",),
        "The characteristic function",
        "toggle_fourier",
        on=lambda desk: desk.scene.view.fourier,
    ),
    Spec("View", "Fourier view, large", ("Ctrl+Alt+F",), "In a window of its own", "show_large_fourier"),
    Spec(
        "View",
        "Band-pass",
        ("Shift+F",),
        "Only a band of the frequencies of p, to be dragged",
        "toggle_band",
        on=lambda desk: desk.scene.view.band is not None,
    ),
    Spec(
        "View",
        "What the step did",
        ("S",),
        "Refusals, trajectories, momenta, replicas, jumps",
        "toggle_step",
        on=_drawn("step"),
    ),
    Spec(
        "View",
        "Particles − p",
        ("M",),
        "Where there are too many or too few particles",
        "toggle_difference",
        on=_drawn("difference"),
    ),
    Spec("View", "Traps", ("K",), "The slowest mode of Langevin", "toggle_traps", on=_drawn("traps")),
    Spec(
        "View",
        "Cut the plane (2-D)",
        ("X",),
        "Conditional densities along two lines to drag",
        "toggle_cut",
        on=lambda desk: desk.scene.view.cut is not None,
    ),
    Spec(
        "View",
        "Parts of the model",
        ("A",),
        "Noise, strokes, samples; data, encoder, codes",
        "toggle_anatomy",
        on=lambda desk: not desk.anatomy.isHidden(),
    ),
    Spec(
        "View",
        "Numbers in the equation",
        ("N",),
        "Put the present values into the equation",
        "toggle_numbers",
        on=lambda desk: desk.cards.dynamics.numbers.isChecked(),
    ),
    Spec(
        "View",
        "River or curves (1-D)",
        ("V",),
        "The picture of a 1-D target",
        "toggle_river",
        on=lambda desk: desk.scene.view.picture == "river",
    ),
    Spec(
        "View",
        "Noise left, data right (2-D)",
        ("Shift+V",),
        "The cloud of a diffusion walks from noise to data across the picture",
        "toggle_across",
        on=lambda desk: desk.scene.view.across,
    ),
    Spec(
        "View",
        "Hide the cards",
        ("H",),
        "Only the picture",
        "toggle_cards",
        on=lambda desk: desk.left.isHidden(),
    ),
    Spec(
        "View",
        "Reset everything",
        ("Ctrl+Shift+0",),
        "Cards, columns, view, colours and type as on the first start; the scene stays",
        "reset_window",
    ),
    Spec("View", "Larger type", ("Ctrl++", "Ctrl+="), "Type and controls larger, up to twice", "larger"),
    Spec("View", "Smaller type", ("Ctrl+-",), "Type and controls smaller", "smaller"),
    Spec(
        "View",
        "Full screen",
        ("F11",),
        "Fill the screen",
        "toggle_full_screen",
        on=lambda desk: desk.host.isFullScreen(),
    ),
    Spec("Lecture", "Present this scene", ("F5",), "Full screen, in large type", "present"),
    Spec(
        "Lecture",
        "Present the tour",
        ("Ctrl+F5",),
        "The one opened last, from its first stop",
        "present_tour_again",
    ),
    Spec(
        "Lecture",
        "Present the tour with notes",
        ("Shift+F5",),
        "Notes and the next stop in a window",
        "present_with_notes",
    ),
    Spec("Lecture", "QR code of the scene", ("F8",), "The scene for telephones; any key closes the code", "show_code"),
    Spec("Lecture", "Record", ("Ctrl+Shift+R",), "Record what is presented, to be drawn later; again to end", "record"),
    Spec("Lecture", "Film of the tour…", ("Ctrl+Shift+M",), "The tour opened last, drawn into a video", "film_tour"),
    Spec("Lecture", "Open a tour…", ("Ctrl+Shift+O",), "Scenes with captions, in the order of a lecture", "open_tour"),
    Spec("Help", "Manual", ("Shift+F1",), "Everything in words, with the formulas", "show_manual"),
    Spec("Help", "Keys and mouse", ("?", "F1"), "All shortcuts on one sheet", "show_help"),
    Spec(
        "Help",
        "Copy a report of a fault",
        ("Ctrl+Shift+F1",),
        "Versions and the scene, to send along",
        "copy_report",
        True,
    ),
    Spec("Help", "About", ("Ctrl+F1",), "Which versions of what", "about"),
)


def actions() -> tuple[Spec, ...]:
    """All of them; experiments stand in the menu Run."""
    at = next(i for i, spec in enumerate(_ACTIONS) if spec.method == "faster")
    found = ((kind, EXPERIMENTS[kind].action) for kind in EXPERIMENTS)
    listed = [Spec("Run", a.text, a.keys, a.tip, kind, False, True) for kind, a in found if a is not None]
    return (*_ACTIONS[:at], replace(listed[0], separator=True), *listed[1:], *_ACTIONS[at:])


#: What keys do while something is presented.
PRESENTING: tuple[tuple[str, str], ...] = (
    ("Page down, →, ↓, Return", "the next stop"),
    ("Page up, ←, ↑", "the stop before"),
    ("A number", "that stop"),
    ("Home, End", "the first, the last stop"),
    ("B or .", "black, or the picture again"),
    ("Esc or F5", "back to the window"),
)

MOUSE: tuple[tuple[str, str], ...] = (
    ("Drag a dot", "move a component"),
    ("Drag a knob on an ellipse", "shape and turn it"),
    ("Shift+wheel over a component", "its weight"),
    ("Double-click", "add a component"),
    ("Shift+click", "start all particles there"),
    ("Drag elsewhere", "move the view"),
    ("Wheel", "zoom"),
    ("Drop a scene, a film or a tour", "open it"),
    ("Drop data or an image", "make it the target"),
    ("Drop a network", "follow it"),
)
