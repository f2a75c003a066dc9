"""How the levels of the block became bits: zig-zag order, symbols, Huffman codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Content, Markup, element, figure, figure_row, fold, join, paragraph, section, table
from foveal.explain.codes import Code
from foveal.explain.facts import Facts
from foveal.inspection import describe_scan
from foveal.jpeg import BLOCK_SIDE, NATURAL_INDEX

_CELL = 10  # of the drawing of the zig-zag order


def codes_section(facts: Facts) -> Markup:
    """Zig-zag order, symbols and codes of the block."""
    luma = facts.anatomy[0]
    names = facts.component_names
    bits = [_bits_of(facts, index) for index in range(len(names))]
    total = int(facts.file.inspection.block_bits[0][luma.spot.row, luma.spot.column])
    shared = (
        " Blocks of Cb and Cr stand for a larger part of the photo, and their bits for all of it."
        if facts.frame.h_max * facts.frame.v_max > 1
        else ""
    )
    return section(
        "codes",
        "Zig-zag order, runs and codes",
        paragraph(
            "The levels are read along a zig-zag line from the flat waves to the fine ones, so that zeros come in long "
            "runs. Each level that is not zero becomes a symbol (run, size): how many zeros come before it, and how "
            "many bits its value has. A Huffman code stands for the symbol, short for frequent ones, and the bits of "
            "the value follow. EOB says that only zeros are left."
        ),
        figure_row(
            figure("The levels of Y and the line along which they are read.", zigzag(luma.levels)),
            figure("What the block takes in the file.", _bits_table(names, bits)),
        ),
        element("p", _in_order(luma.levels), class_="order", id="order-y"),
        paragraph(_about_scans(facts)),
        element("h3", f"The codes of {names[0]}: {total} bits"),
        _codes_table(facts, 0),
        *(
            fold(f"The codes of {name}: {bits[index]} bits", _codes_table(facts, index))
            for index, name in enumerate(names)
            if index > 0
        ),
        paragraph(
            "These are the bits of this file, read back from its scans: the Huffman code in one colour, the bits that "
            f"follow it in another.{shared}"
        ),
    )


def zigzag(levels: NDArray[np.int64]) -> Markup:
    """Draw (8, 8) levels and the line of T.81 figure A.6 over them."""
    side = BLOCK_SIDE * _CELL
    places = [(index % BLOCK_SIDE, index // BLOCK_SIDE) for index in NATURAL_INDEX.tolist()]
    points = " ".join(f"{x * _CELL + _CELL / 2:g},{y * _CELL + _CELL / 2:g}" for x, y in places)
    labels = [
        element(
            "text",
            f"{levels[y, x]}",
            x=f"{x * _CELL + _CELL / 2:g}",
            y=f"{y * _CELL + _CELL / 2 + 1.1:g}",
            class_="zero" if levels[y, x] == 0 else None,
        )
        for x, y in places
    ]
    title = element("title", "The 8 by 8 levels with the zig-zag line from the top left to the bottom right")
    line = element("polyline", points=points)
    return element("svg", title, line, *labels, viewBox=f"0 0 {side} {side}", role="img", class_="zigzag")


def _in_order(levels: NDArray[np.int64]) -> str:
    """Levels in zig-zag order up to the last that is not zero."""
    order = levels.reshape(64)[NATURAL_INDEX]
    last = int(np.flatnonzero(order).max(initial=0))
    shown = ", ".join(str(level) for level in order[: last + 1].tolist())
    zeros = 63 - last
    return f"{shown}, then {zeros} zeros" if zeros else shown


def _bits_of(facts: Facts, component: int) -> int:
    spot = facts.anatomy[component].spot
    return int(facts.file.inspection.block_bits[component][spot.row, spot.column])


def _bits_table(names: tuple[str, ...], bits: list[int]) -> Markup:
    rows = [(name, element("data", f"{count}", value=count)) for name, count in zip(names, bits, strict=True)]
    return table(("component", "bits"), rows, id="block-bits", class_="list numbers")


def _about_scans(facts: Facts) -> str:
    if len(facts.scans) == 1:
        return "This file is baseline: one scan sends everything of a block at once."
    return (
        f"This file is progressive: {len(facts.scans)} scans send the block in parts, first the flat wave (DC), as the "
        "difference to the block before it. An EOB of such a file may end the blocks that follow as well: its bits "
        "are counted where it stands, and those blocks take none for it."
    )


def _codes_table(facts: Facts, component: int) -> Markup:
    rows: list[tuple[Content, ...]] = []
    for number, read in enumerate(facts.scans, start=1):
        if component not in read.codes:
            continue
        sends = f"{number}: {describe_scan(read.scan)}"
        codes = read.codes[component]
        if not codes:
            rows.append((sends, "-", "", "0", "ended by an EOB of a block before"))
        rows += [(sends, _symbol(code), _colored(code), f"{len(code.bits)}", _meaning(code)) for code in codes]
    headings = ("scan", "symbol", "code and value", "bits", "what it says")
    return table(headings, rows, id=f"codes-{facts.component_names[component].lower()}")


def _symbol(code: Code) -> str:
    if code.symbol is None:
        return "-"
    if isinstance(code.symbol, int):
        return f"size {code.symbol}"
    run, size = code.symbol
    if code.is_end_of_block:
        return f"EOB{run}" if run else "EOB"
    return f"({run}, {size})" if size else "ZRL"


def _colored(code: Code) -> Markup:
    parts = {"huffman": code.code, "extra": code.extra, "corrections": code.corrections}
    shown = [element("code", bits, class_=name) for name, bits in parts.items() if bits]
    return join(*(part for each in shown for part in (each, " ")))


def _meaning(code: Code) -> str:
    corrected = f"{len(code.corrections)} known coefficients get a further bit" if code.corrections else ""
    return "; ".join(filter(None, (_sent(code), corrected)))


def _sent(code: Code) -> str:
    if code.index == 0:
        return f"a further bit of DC: {code.value}" if code.symbol is None else f"DC differs by {code.value:+d}"
    if code.symbol is None:
        return "ended by an EOB of a block before"
    if code.is_end_of_block:
        return "only zeros are left" + (f", here and in the next {code.value - 1:,} blocks" if code.value > 1 else "")
    if code.index is None:
        return "16 zeros"
    zeros = code.symbol[0] if isinstance(code.symbol, tuple) else 0
    before = f"{zeros} {'zero' if zeros == 1 else 'zeros'}, then " if zeros else ""
    return f"{before}{code.value} at place {code.index}"
