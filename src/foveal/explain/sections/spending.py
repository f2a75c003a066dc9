"""Sections about the allocation of bits: saliency map, weights of blocks, bits of blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing import maps
from foveal.drawing.colors import brightest_value
from foveal.drawing.html import Content, Markup, element, figure, figure_row, join, paragraph, section, table
from foveal.explain.facts import EncodedFile, Facts
from foveal.explain.pictures import (
    difference_legend,
    embed_difference_map,
    embed_heat_map,
    embed_photo,
    heat_legend,
    reduce_photo,
)
from foveal.photo import Photo


def saliency_section(facts: Facts) -> Markup:
    """Make the section that shows the saliency map over the photo."""
    saliency = facts.saliency
    title = "Where people look"
    if saliency is None:
        return section("saliency", title, paragraph("No map was used: all parts of the photo are treated alike."))
    small = reduce_photo(facts.photo)
    overlay = maps.draw_over_photo(Photo(small), saliency.resized((small.shape[0], small.shape[1])))
    return section(
        "saliency",
        title,
        paragraph(
            f"The map “{saliency.method}” over the photo: bright where people look, dim where they do not. The "
            f"confidence of the map is {saliency.confidence:.2f}. The strength of the encode, "
            f"{facts.options.strength:g}, is multiplied by {saliency.strength_factor:.2f}."
        ),
        figure(
            "The photo, dim where nobody looks.",
            embed_photo(overlay, "The photo, dimmed by its map", facts.page_profile),
        ),
    )


def weights_section(facts: Facts) -> Markup:
    """Make the section that shows the weight of each block."""
    weights = facts.encoded.weights
    if facts.saliency is None:
        return section(
            "weights", "The weight of each block", paragraph("Without a map, all blocks have the same weight.")
        )
    lowest, mean, highest = float(weights.min()), float(weights.mean()), float(weights.max())
    block_weight = float(weights[facts.block.row, facts.block.column])
    return section(
        "weights",
        "The weight of each block",
        paragraph(
            f"The map is converted to a weight for each block: {_describe_use_of_weights(facts)} Weights range from "
            f"{lowest:.3f} to {highest:.3f}, with a mean of {mean:.3f}; the weight of the chosen block is "
            f"{block_weight:.3f}."
        ),
        figure(
            "The weight of each block.",
            embed_heat_map(weights, 1.0, f"Weights of blocks, from {lowest:.3f} to {highest:.3f}"),
            heat_legend("0", "1"),
        ),
    )


def _describe_use_of_weights(facts: Facts) -> str:
    """Describe what the weight of a block does, as the end of a sentence."""
    if facts.options.allocation == "quality-map":
        return "each block was quantized with steps of its own, the larger the lower its weight."
    return (
        "the factor by which an error in the block counts when the encoder chooses between error and bits. A block of "
        "weight 1 has the full quality of the file; other blocks give up coefficients whose bits are not worth it."
    )


def bits_section(facts: Facts) -> Markup:
    """Make the section that shows the bits of each block, and the difference to a content-blind encode."""
    bits = facts.file.inspection.bits_map()
    brightest = brightest_value(bits)
    own_figure = figure(
        "Bits of each block in this file.",
        embed_heat_map(bits, brightest, "Bits of each block: light where there are many"),
    )
    legend = heat_legend("0 bits", f"{brightest:.0f} bits or more")
    introduction = paragraph(
        "The more bits a block of 8 × 8 pixels takes in the file, the lighter it is. The bits of chrominance blocks "
        "are included, divided among the blocks that they cover."
    )
    blind = facts.blind
    if blind is None:
        pictures = join(figure_row(own_figure), legend)
        return section("bits", "Where the bits went", introduction, pictures, _make_bits_table(facts))
    blind_bits = blind.inspection.bits_map()
    change = bits - blind_bits
    largest_change = brightest_value(np.abs(change))
    return section(
        "bits",
        "Where the bits went",
        introduction,
        paragraph(
            f"A content-blind encode, in which all blocks have the same weight, takes {len(blind.data):,} bytes at "
            f"quality {blind.quality:.1f}, about as many as this file ({len(facts.file.data):,}). "
            f"{_describe_shares(facts, blind_bits)}"
        ),
        figure_row(
            own_figure,
            figure(
                "The content-blind encode.", embed_heat_map(blind_bits, brightest, "Bits of each block, content-blind")
            ),
            figure(
                "The difference: red where this file spends more, blue where it spends less.",
                embed_difference_map(
                    change, largest_change, "Bits of each block in this file minus those of the content-blind encode"
                ),
            ),
        ),
        legend,
        difference_legend(f"{-largest_change:.0f} bits", f"+{largest_change:.0f} bits"),
        _make_bits_table(facts),
    )


def _describe_shares(facts: Facts, blind_bits: NDArray[np.float64]) -> str:
    """Describe the share of all bits that the blocks with the highest weights get in both encodes."""
    salient = facts.salient_blocks
    if not salient.any():
        return "All blocks have the same weight."
    bits = facts.file.inspection.bits_map()
    share, blind_share = (float(each[salient].sum() / max(each.sum(), 1)) for each in (bits, blind_bits))
    return (
        f"The {salient.mean():.0%} of blocks with the highest weights get {share:.1%} of the bits here, and "
        f"{blind_share:.1%} "
        "in the content-blind encode."
    )


def _make_bits_table(facts: Facts) -> Markup:
    """Make the table of the bits and bytes that `_count_bits` counts, with a column for each file."""
    files = {"this file": facts.file} | ({} if facts.blind is None else {"content-blind": facts.blind})
    columns = [_count_bits(file) for file in files.values()]
    rows = [[label, *(_make_number(column[label], name, label) for column, name in zip(columns, files, strict=True))]
            for label in columns[0]]  # fmt: skip
    return table(("", *files), rows, id="bits-table", class_="list numbers")


def _count_bits(file: EncodedFile) -> dict[str, int]:
    """Count the bits of the blocks of each component, and the bytes of the file that do not code blocks."""
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


def _make_number(value: int, name: str, label: str) -> Content:
    """Make a <data> element for a count; the name of the file and the label of the row give its identifier."""
    identifier = f"{name}-{label}".replace(",", "").replace(" ", "-").lower()
    return element("data", f"{value:,}", value=value, id=identifier)
