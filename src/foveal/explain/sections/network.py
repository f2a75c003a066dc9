"""Section about the saliency network: feature maps, class activation map, MS-ROI, gaze."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foveal.drawing.html import Markup, element, figure, figure_row, join, paragraph, section, table
from foveal.explain.facts import Facts
from foveal.explain.network_view import Cells, NetworkView
from foveal.explain.pictures import (
    difference_legend,
    embed_difference_map,
    embed_exactly,
    embed_heat_map,
    heat_legend,
)

_SHOWN_FEATURES = 5
_SHOWN_CLASSES = 5


def network_section(facts: Facts) -> Markup:
    """Make the section that shows the feature maps and the maps of the network."""
    view = facts.network
    if view is None:
        reason = "no map was used" if facts.saliency is None else f"the map came from “{facts.saliency.method}”"
        return section(
            "network", "The saliency network", paragraph(f"The network was not used for this encode: {reason}.")
        )
    return section(
        "network",
        "The saliency network",
        paragraph(
            "A small convolutional network takes the whole photo, reduced to "
            f"{view.picture.shape[1]} × {view.picture.shape[0]} pixels. Its last layer has {len(view.parts.features)} "
            f"feature maps with a cell for each {view.cell_side} × {view.cell_side} of these pixels; a feature map is "
            "light where it detects its feature."
        ),
        figure_row(
            figure(
                "The input of the network.",
                embed_exactly(view.picture, "The photo reduced to the input of the network"),
            )
        ),
        *_class_activation(view),
        *_msroi(view),
        *_gaze(view),
    )


def _class_activation(view: NetworkView) -> Iterator[Markup]:
    name, features = view.cam_class_names[view.top_class], view.features()
    strongest = features[:_SHOWN_FEATURES]
    activation_map = view.class_activation_map
    most_of_feature = max(float(each.cells.max()) for each in strongest)
    strongest_sum = np.asarray(sum(each.weight * each.cells for each in strongest), dtype=np.float32)
    most = max(_largest(activation_map), _largest(strongest_sum))
    difference = _largest(view.sum_of_features - activation_map)
    probability = float(view.output.cam_probabilities[view.top_class])
    yield element("h3", f"Weights × features = class activation map of “{name}”")
    yield paragraph(
        f"Of {len(view.cam_class_names)} classes, “{name}” has the most evidence (probability {probability:.1%}). Its "
        "class activation map (Zhou et al. 2016) is the sum of all feature maps, each multiplied by its weight for the "
        "class. The mean of this map plus a constant of the class is the evidence for the class. Below are the feature "
        "maps that contribute most, for or against it; the contribution of each is its mean multiplied by its weight."
    )
    yield join(
        figure_row(
            *(
                figure(
                    f"Map {each.index}: {each.cells.mean():.3f} × {each.weight:+.3f} = {each.evidence:+.4f}",
                    embed_heat_map(each.cells, most_of_feature, f"Feature map {each.index}"),
                )
                for each in strongest
            ),
            small=True,
        ),
        heat_legend("0", f"{most_of_feature:.2f}"),
    )
    yield figure_row(
        figure(
            f"The weighted sum of these {len(strongest)}.",
            embed_difference_map(strongest_sum, most, f"Sum of the {len(strongest)} strongest weighted feature maps"),
        ),
        figure(
            join(
                f"The weighted sum of all {len(features)}: the class activation map. Its mean is ",
                element("data", f"{view.class_evidence(view.top_class):.4f}", id="cam-evidence"),
                f"; it differs from the map that the network returns by at most {difference:.1g}.",
            ),
            embed_difference_map(activation_map, most, f"Class activation map of {name}"),
        ),
    )
    yield difference_legend(f"against, {-most:.1f}", f"for, {most:.1f}")
    yield table(
        ("class", "mean of its map", "probability"),
        (
            (
                view.cam_class_names[index],
                f"{view.class_evidence(index):.4f}",
                f"{float(view.output.cam_probabilities[index]):.2%}",
            )
            for index in view.classes_by_cam()[:_SHOWN_CLASSES].tolist()
        ),
        id="class-evidence",
        class_="list numbers",
    )


def _msroi(view: NetworkView) -> Iterator[Markup]:
    kept = view.classes_of_msroi()
    total = view.msroi()
    shown = kept[:_SHOWN_FEATURES].tolist()
    most_shown, most = _largest(view.output.class_maps[shown]), _largest(total)
    one = len(kept) == 1
    yield element("h3", "MS-ROI: the sum of class maps")
    yield paragraph(
        "A second head of the network has a map for each class, and its classes do not exclude each other. MS-ROI "
        f"(Prakash et al. 2017) adds up the maps of all classes whose probability exceeds T = {view.threshold:g}, or "
        f"takes the map of the most probable class if there is none; here {len(kept)} {'class' if one else 'classes'}. "
        "It is light at everything that the network recognises, not only at the most probable object. The names are "
        "hints: the network knows only the classes of its training photos."
    )
    yield figure_row(
        *(
            figure(
                f"{view.class_names[index]}, {float(view.output.class_probabilities[index]):.1%}",
                embed_heat_map(
                    view.output.class_maps[index], most_shown, f"Map of the class {view.class_names[index]}"
                ),
            )
            for index in shown
        ),
        small=True,
    )
    yield heat_legend("0", f"{most_shown:.1f}")
    yield figure_row(
        figure(
            f"The sum of {'this one map' if one else f'all {len(kept)} maps'}: MS-ROI.",
            embed_heat_map(total, most, "MS-ROI: the sum of the maps of these classes"),
        )
    )
    yield heat_legend("0", f"{most:.1f}")


def _gaze(view: NetworkView) -> Iterator[Markup]:
    yield element("h3", "Predicted gaze")
    yield paragraph(
        "A third head was trained on recorded fixations of people. It predicts the density of fixations in each cell. "
        "This is the map that encoding uses by default."
    )
    yield figure_row(
        figure(
            "Predicted density of fixations.",
            embed_heat_map(view.gaze_density(), 1.0, "Predicted density of fixations"),
        )
    )
    yield heat_legend("no fixations", "most")


def _largest(cells: Cells) -> float:
    return float(np.abs(cells).max())
