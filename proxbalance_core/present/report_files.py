"""The monthly report as one HTML file and as PDF; nothing in them is fetched from anywhere."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.reports import Report
from proxbalance_core.present import report as told

if TYPE_CHECKING:
    from fpdf import FPDF
    from jinja2 import Template

_TEMPLATE = "report.html.j2"
_FIGURES_PT, _TEXT_PT, _HEAD_PT, _TITLE_PT = 8, 10, 13, 18
# The PDF's own fonts know western letters alone; what they lack is written another way, or as a question mark.
_WRITTEN = str.maketrans({"–": "-", "−": "-", "→": "to", "…": "...", "’": "'", "“": '"', "”": '"', "×": "x"})


def html(report: Report) -> str:
    """One page that opens in any browser, light or dark, and prints well."""
    import vl_convert

    svg = vl_convert.vegalite_to_svg(told.health_chart(report).to_dict())
    return _template().render(title=told.title(report), sections=told.sections(report), chart=svg, report=report)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader

    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(_TEMPLATE)


def pdf(report: Report) -> bytes:
    """The same on A4."""
    import vl_convert
    from fpdf import FPDF

    made = FPDF(format="A4")
    made.set_title(_plain(told.title(report)))
    made.set_creator("ProxBalance")
    made.set_auto_page_break(True, margin=15)
    made.add_page()
    made.set_font("helvetica", style="B", size=_TITLE_PT)
    made.multi_cell(0, 9, _plain(told.title(report)), new_x="LMARGIN", new_y="NEXT")
    for i, section in enumerate(told.sections(report)):
        _section(made, section)
        if i == 0:
            png = vl_convert.vegalite_to_png(told.health_chart(report).to_dict(), scale=2)
            made.image(io.BytesIO(png), w=made.epw, alt_text="Cluster health by day")
    return bytes(made.output())


def _section(made: FPDF, section: told.Section) -> None:
    made.ln(4)
    made.set_font("helvetica", style="B", size=_HEAD_PT)
    made.multi_cell(0, 7, _plain(section.title), new_x="LMARGIN", new_y="NEXT")
    made.set_font("helvetica", size=_TEXT_PT)
    for sentence in section.sentences:
        made.multi_cell(0, 5, _plain(sentence), align="L", new_x="LMARGIN", new_y="NEXT")
    if section.rows:
        made.set_font("helvetica", size=_FIGURES_PT)
        _table(made, section)


def _table(made: FPDF, section: told.Section) -> None:
    widths = _widths(section)
    made.set_draw_color(200)
    options: dict[str, Any] = {"first_row_as_headings": True, "col_widths": widths, "line_height": 5}
    with made.table(borders_layout="HORIZONTAL_LINES", text_align="LEFT", **options) as table:
        for row in (section.columns, *section.rows):
            cells = table.row()
            for cell in row:
                cells.cell(_plain(cell))


def _widths(section: told.Section) -> tuple[int, ...]:
    """In proportion to the longest text of each column, so that no column starves another."""
    columns = zip(section.columns, *section.rows, strict=True)
    return tuple(min(max(len(cell) for cell in column), 40) + 2 for column in columns)


def _plain(text: str) -> str:
    return text.translate(_WRITTEN).encode("cp1252", errors="replace").decode("cp1252")
