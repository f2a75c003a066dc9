"""What the network saw: feature maps, class evidence, class activation map, MS-ROI, gaze."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foveal.drawing.html import Markup, element, figure, figure_row, join, paragraph, section, table
from foveal.explain.facts import Facts
from foveal.explain.network_view import Cells, NetworkView
from foveal.explain.pictures import balance_legend, balance_map, drawing, heat_legend, heat_map

_SHOWN_FEATURES = 5
_SHOWN_CLASSES = 5


def network_section(facts: Facts) -> Markup:
    """What the network saw."""
    view = facts.network
    if view is None:
        source = "no map was used" if facts.saliency is None else f"the map came from “{facts.saliency.method}”"
        return section(
            "network", "What the network saw", paragraph(f"The network was not asked for this encode: {source}.")
        )
    return section(
        "network",
        "What the network saw",
        paragraph(
            f"A small convolutional network looks at the whole photo at {view.seen.shape[1]} × {view.seen.shape[0]} "
            f"pixels. Its last feature maps, {len(view.parts.features)} of them, have a cell for each "
            f"{view.cell_side} × {view.cell_side} of these pixels, and are light where they found what they stand for."
        ),
        figure_row(figure("What the network sees.", drawing(view.seen, "The photo as the network sees it, small"))),
        *_class_activation(view),
        *_msroi(view),
        *_gaze(view),
    )


def _class_activation(view: NetworkView) -> Iterator[Markup]:
    name, features = view.class_names[view.top_class], view.features()
    strongest = features[:_SHOWN_FEATURES]
    found = view.class_activation_map
    most_feature = max(float(each.cells.max()) for each in strongest)
    shown_sum = np.asarray(sum(each.weight * each.cells for each in strongest), dtype=np.float32)
    most = max(_largest(found), _largest(shown_sum))
    difference = _largest(view.sum_of_features - found)
    probability = float(view.output.cam_probabilities[view.top_class])
    yield element("h3", f"Weights × features = class activation map of “{name}”")
    yield paragraph(
        f"Of {len(view.class_names)} classes, “{name}” has the most evidence ({probability:.1%} probable). Its class "
        "activation map (Zhou et al. 2016) is the sum of all feature maps, each times the class's weight for it; the "
        "mean of that map, with a constant of the class, is its evidence. These are the maps that say most for it or "
        "against it: the mean of each, times its weight, is its share."
    )
    yield join(
        figure_row(
            *(
                figure(
                    f"Map {each.index}: {each.cells.mean():.3f} × {each.weight:+.3f} = {each.evidence:+.4f}",
                    heat_map(each.cells, most_feature, f"Feature map {each.index}"),
                )
                for each in strongest
            ),
            small=True,
        ),
        heat_legend("0", f"{most_feature:.2f}"),
    )
    yield figure_row(
        figure(
            f"These {len(strongest)}, weighted and summed.",
            balance_map(shown_sum, most, f"Sum of the {len(strongest)} strongest weighted feature maps"),
        ),
        figure(
            join(
                f"All {len(features)} summed: the class activation map. Its mean is ",
                element("data", f"{view.class_evidence(view.top_class):.4f}", id="cam-evidence"),
                f"; the sum and the network's own map agree to {difference:.1g}.",
            ),
            balance_map(found, most, f"Class activation map of {name}"),
        ),
    )
    yield balance_legend(f"against, {-most:.1f}", f"for, {most:.1f}")
    yield table(
        ("class", "mean of its map", "probability"),
        (
            (
                view.class_names[index],
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
    yield element("h3", "The sum that becomes MS-ROI")
    yield paragraph(
        "A second head has maps of its own for each class, and its classes do not exclude each other. MS-ROI (Prakash "
        f"et al. 2017) adds up the maps of all classes whose probability exceeds T = {view.threshold:g}, or that of "
        f"the most probable one alone, here {len(kept)} {'class' if one else 'classes'}: whatever the network knows "
        "lights up, not only the one thing that it is most sure of. Names are hints: the network knows only the "
        "classes of its training photos."
    )
    yield figure_row(
        *(
            figure(
                f"{view.class_names[index]}, {float(view.output.class_probabilities[index]):.1%}",
                heat_map(view.output.class_maps[index], most_shown, f"Map of the class {view.class_names[index]}"),
            )
            for index in shown
        ),
        small=True,
    )
    yield heat_legend("0", f"{most_shown:.1f}")
    yield figure_row(
        figure(
            f"The sum of {'this one map' if one else f'all {len(kept)} maps'}: MS-ROI.",
            heat_map(total, most, "MS-ROI: the sum of the maps of all classes kept"),
        )
    )
    yield heat_legend("0", f"{most:.1f}")


def _gaze(view: NetworkView) -> Iterator[Markup]:
    yield element("h3", "Where people would look")
    yield paragraph(
        "A third head learned from the recorded fixations of people: it predicts how densely they would look at each "
        "cell. It is this map that encoding uses unless another is asked for."
    )
    yield figure_row(
        figure("Density of fixations.", heat_map(view.gaze_density(), 1.0, "Predicted density of fixations"))
    )
    yield heat_legend("nobody", "most")


def _largest(cells: Cells) -> float:
    return float(np.abs(cells).max())
