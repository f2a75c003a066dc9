"""Section about the entropy coding of the block: zig-zag order, symbols, Huffman codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Content, Markup, details, element, figure, figure_row, join, paragraph, section, table
from foveal.explain.codes import Code
from foveal.explain.facts import Facts
from foveal.inspection import describe_scan
from foveal.jpeg import BLOCK_SIDE, NATURAL_INDEX

_COVERED = "ended by the EOB of an earlier block"
_CELL = 10  # side of a level in the drawing of the zig-zag order, in units of the SVG


def codes_section(facts: Facts) -> Markup:
    """Make the section that shows zig-zag order, symbols and codes of the block."""
    luma = facts.anatomy[0]
    names = facts.component_names
    bits = [_count_bits(facts, index) for index in range(len(names))]
    coverage = (
        " Blocks of Cb and Cr cover a larger part of the photo than the block of Y, and their bits are for all of it."
        if facts.frame.h_max * facts.frame.v_max > 1
        else ""
    )
    return section(
        "codes",
        "Zig-zag order, runs and codes",
        paragraph(
            "The levels are read in zig-zag order, from low to high frequencies, so that zeros form long runs. The "
            "first level, DC, is coded as its difference to that of the block before. Each other level that is not "
            "zero becomes a symbol (run, size): the number of zeros before it, and the number of bits of its value. "
            "The symbol is written as a Huffman code, shorter for frequent symbols, and the bits of the value follow. "
            "EOB (end of block) says that only zeros are left."
        ),
        figure_row(
            figure("The levels of Y in zig-zag order.", draw_zigzag(luma.levels)),
            figure("Bits of the block in the file.", _bits_table(names, bits)),
        ),
        element("p", _list_levels(luma.levels), class_="order", id="order-y"),
        paragraph(_describe_scans(facts)),
        element("h3", f"The codes of {names[0]}: {bits[0]} bits"),
        _codes_table(facts, 0),
        *(
            details(f"The codes of {name}: {bits[index]} bits", _codes_table(facts, index))
            for index, name in enumerate(names)
            if index > 0
        ),
        paragraph(
            "These are the bits of this file, read back from its scans. Huffman codes, bits of values and correction "
            f"bits have different colours.{coverage}"
        ),
    )


def draw_zigzag(levels: NDArray[np.int64]) -> Markup:
    """Draw (8, 8) levels and the zig-zag line (T.81 Figure A.6, Zig-zag sequence of quantized DCT coefficients)."""
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


def _list_levels(levels: NDArray[np.int64]) -> str:
    """Return the levels in zig-zag order up to the last one that is not zero, and the number of zeros after it."""
    order = levels.reshape(64)[NATURAL_INDEX]
    last = int(np.flatnonzero(order).max(initial=0))
    shown = ", ".join(str(level) for level in order[: last + 1].tolist())
    zeros = 63 - last
    return f"{shown}, then {zeros} zeros" if zeros else shown


def _count_bits(facts: Facts, component: int) -> int:
    """Return the bits of the block in a component, over all scans."""
    position = facts.anatomy[component].position
    return int(facts.file.inspection.block_bits[component][position.row, position.column])


def _bits_table(names: tuple[str, ...], bits: list[int]) -> Markup:
    rows = [(name, element("data", f"{count}", value=count)) for name, count in zip(names, bits, strict=True)]
    return table(("component", "bits"), rows, id="block-bits", class_="list numbers")


def _describe_scans(facts: Facts) -> str:
    if len(facts.scans) == 1:
        return "This file is baseline: a single scan contains all levels of a block."
    return (
        f"This file is progressive: {len(facts.scans)} scans send the levels of a block in parts, DC first. In such a "
        "file an EOB may also end the blocks that follow; its bits are counted for the block where it stands, and the "
        "following blocks take none for it."
    )


def _codes_table(facts: Facts, component: int) -> Markup:
    rows: list[tuple[Content, ...]] = []
    for number, step in enumerate(facts.scans, start=1):
        if component not in step.codes:
            continue
        scan = f"{number}: {describe_scan(step.scan)}"
        codes = step.codes[component]
        if not codes:
            rows.append((scan, "none", "", "0", _COVERED))
        rows += [
            (scan, _name_symbol(code), _color_bits(code), f"{len(code.bits)}", _describe_code(code)) for code in codes
        ]
    headings = ("scan", "symbol", "code and value", "bits", "meaning")
    return table(headings, rows, id=f"codes-{facts.component_names[component].lower()}")


def _name_symbol(code: Code) -> str:
    if code.symbol is None:
        return "none"
    if isinstance(code.symbol, int):
        return f"size {code.symbol}"
    run, size = code.symbol
    if code.is_end_of_block:
        return f"EOB{run}" if run else "EOB"
    return f"({run}, {size})" if size else "ZRL"


def _color_bits(code: Code) -> Markup:
    parts = {"huffman": code.code, "extra": code.extra, "corrections": code.corrections}
    shown = [element("code", bits, class_=name) for name, bits in parts.items() if bits]
    return join(*(part for each in shown for part in (each, " ")))


def _describe_code(code: Code) -> str:
    count = len(code.corrections)
    corrections = f"{count} correction {'bit' if count == 1 else 'bits'} of earlier coefficients" if count else ""
    return "; ".join(filter(None, (_describe_value(code), corrections)))


def _describe_value(code: Code) -> str:
    if code.index == 0:
        return f"correction bit of DC: {code.value}" if code.symbol is None else f"DC difference {code.value:+d}"
    if code.symbol is None:
        return _COVERED
    if code.is_end_of_block:
        return "only zeros are left" + (f", here and in the next {code.value - 1:,} blocks" if code.value > 1 else "")
    if code.index is None:
        return "16 zeros"
    zeros = code.symbol[0] if isinstance(code.symbol, tuple) else 0
    before = f"{zeros} {'zero' if zeros == 1 else 'zeros'}, then " if zeros else ""
    return f"{before}{code.value} at zig-zag index {code.index}"
