"""The overview: a row for each metric, and the stronger of MozJPEG's tables counts."""

from __future__ import annotations

from bench import rd
from bench.rd.measure import Point
from bench.rd.overview import COLUMNS, make_rows, to_markdown


def test_the_stronger_table_of_mozjpeg_counts() -> None:
    """Against files of 1.25 and of 0.8 times the bytes, ours need 20 % fewer and 25 % more."""

    def curve(factor: float) -> list[Point]:
        return [Point(q, round(factor * 2000 * q), {"PSNR": q}) for q in (20.0, 50.0, 90.0)]

    peers = {"jpegli": curve(2), "mozjpeg": curve(1.25), "mozjpeg-annex-k": curve(0.8)}
    comparison = rd.Comparison("jpegli", {"photo": {"ours": curve(1), **peers}}, {"photo": 100_000})
    rows = make_rows(comparison, "ours", ("PSNR",))
    blank = "-"  # no file is so small
    against_jpegli = "-50.0", "-50.0..-50.0", "-50.0", "1 of 1", blank, blank, "-50.0"
    against_mozjpeg = "+25.0", "+25.0..+25.0", "+25.0", "0 of 1", blank, blank, "+25.0"
    assert rows == [("PSNR", *against_jpegli, *against_mozjpeg)]
    jpegli, mozjpeg = to_markdown(rows).split("\n\n")
    assert jpegli.splitlines()[0] == f"| against jpegli | {' | '.join(COLUMNS)} |"
    assert mozjpeg.splitlines()[2].startswith("| PSNR | +25.0 |")
