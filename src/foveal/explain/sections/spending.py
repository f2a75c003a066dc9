"""Where people look, what each block is worth, and where the bits went."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing import maps
from foveal.drawing.html import Content, Markup, element, figure, figure_row, join, paragraph, section, table
from foveal.explain.facts import Facts, JudgedFile
from foveal.explain.pictures import balance_legend, balance_map, heat_legend, heat_map, photograph, reduced
from foveal.photo import Photo

_BRIGHT_SHARE = 0.995  # of blocks; the few that take more are as light as can be


def saliency_section(facts: Facts) -> Markup:
    """Saliency overlay."""
    saliency = facts.saliency
    title = "Where people look"
    if saliency is None:
        return section("saliency", title, paragraph("No map was used: all parts of the photo matter alike."))
    small = reduced(facts.photo)
    found = saliency.resized((small.shape[0], small.shape[1]))
    return section(
        "saliency",
        title,
        paragraph(
            f"The map “{saliency.method}” laid over the photo: bright where people look, dim where they do not. Its "
            f"confidence that anything stands out is {saliency.confidence:.2f}; the strength, "
            f"{facts.options.strength:g}, is multiplied by it."
        ),
        figure(
            "The photo, dim where nobody looks.",
            photograph(maps.draw_over_photo(Photo(small), found), "The photo, dimmed by its map", facts.copy_profile),
        ),
    )


def weights_section(facts: Facts) -> Markup:
    """Block weights."""
    weights = facts.encoded.weights
    if facts.saliency is None:
        return section("weights", "What each block is worth", paragraph("Without a map, all blocks matter the same."))
    least, mean, most = float(weights.min()), float(weights.mean()), float(weights.max())
    own = float(weights[facts.block.row, facts.block.column])
    return section(
        "weights",
        "What each block is worth",
        paragraph(
            f"The map becomes a weight for each block: {_use_of_weights(facts)} Weights go from {least:.3f} to "
            f"{most:.3f}, {mean:.3f} on average; the chosen block weighs {own:.3f}."
        ),
        figure(
            "The weight of each block.",
            heat_map(weights, 1.0, f"Weights of blocks, from {least:.3f} to {most:.3f}"),
            heat_legend("0", "1"),
        ),
    )


def _use_of_weights(facts: Facts) -> str:
    if facts.options.allocation == "quality-map":
        return "the less a block weighs, the larger are the steps with which it alone was quantized."
    return (
        "how much an error there counts when the encoder chooses between error and bits. A block of weight 1 keeps "
        "what the quality promises; the others give up coefficients that cost more than they are worth there."
    )


def bits_section(facts: Facts) -> Markup:
    """Bits of each block, and how they differ from a content-blind encode."""
    bits = facts.file.inspection.bits_map()
    most = _bright(bits)
    own = figure(
        "Bits of each block in this file.", heat_map(bits, most, "Bits of each block: light where there are many")
    )
    legend = heat_legend("0 bits", f"{most:.0f} bits or more")
    explained = paragraph(
        "Each block of 8 × 8 pixels is as light as it has bits in the file, those of its colour included; a colour "
        "block shares its bits among all that it covers."
    )
    blind = facts.blind
    if blind is None:
        pictures = join(figure_row(own), legend)
        return section("bits", "Where the bits went", explained, pictures, _bits_table(facts))
    blind_bits = blind.inspection.bits_map()
    change = bits - blind_bits
    most_change = _bright(np.abs(change))
    return section(
        "bits",
        "Where the bits went",
        explained,
        paragraph(
            f"A content-blind encode, to which all blocks matter alike, takes {len(blind.data):,} bytes at quality "
            f"{blind.quality:.1f}, about as many as this file ({len(facts.file.data):,}). {_moved(facts, blind_bits)}"
        ),
        figure_row(
            own,
            figure("The content-blind encode.", heat_map(blind_bits, most, "Bits of each block, content-blind")),
            figure(
                "The difference: red where this file spends more, blue where it spends less.",
                balance_map(change, most_change, "Blocks that get more bits here than content-blind, and fewer"),
            ),
        ),
        legend,
        balance_legend(f"{-most_change:.0f} bits", f"+{most_change:.0f} bits"),
        _bits_table(facts),
    )


def _moved(facts: Facts, blind_bits: NDArray[np.float64]) -> str:
    """What the most salient blocks get, of all bits."""
    salient = facts.salient_blocks
    if not salient.any():
        return "All blocks weigh too much alike for a part of them to stand out."
    bits = facts.file.inspection.bits_map()
    own, other = (float(each[salient].sum() / max(each.sum(), 1)) for each in (bits, blind_bits))
    return (
        f"The {salient.mean():.0%} of blocks that weigh most get {own:.1%} of the bits here, and {other:.1%} in the "
        "content-blind encode."
    )


def _bright(values: NDArray[np.float64]) -> float:
    return max(float(np.quantile(values, _BRIGHT_SHARE)), 1.0)


def _bits_table(facts: Facts) -> Markup:
    files = {"this file": facts.file} | ({} if facts.blind is None else {"content-blind": facts.blind})
    columns = [_account(file) for file in files.values()]
    rows = [[label, *(_data(column[label], name, label) for column, name in zip(columns, files, strict=True))]
            for label in columns[0]]  # fmt: skip
    return table(("", *files), rows, id="bits-table", class_="list numbers")


def _account(file: JudgedFile) -> dict[str, int]:
    """Bits of blocks by component, and the bytes of the file that they and the rest make."""
    inspection = file.inspection
    by_component = {
        f"bits of {name}": int(bits.sum(dtype=np.uint64))
        for name, bits in zip(inspection.component_names, inspection.block_bits, strict=True)
    }
    total = sum(by_component.values())
    return {
        **by_component,
        "bits of all blocks": total,
        "bytes of all blocks": -(-total // 8),
        "bytes of headers, tables, padding": len(file.data) - -(-total // 8),
        "bytes of the file": len(file.data),
    }


def _data(value: int, name: str, label: str) -> Content:
    identifier = f"{name}-{label}".replace(",", "").replace(" ", "-").lower()
    return element("data", f"{value:,}", value=value, id=identifier)
