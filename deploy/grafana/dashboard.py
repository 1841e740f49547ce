# noqa: INP001  a script beside what it writes, not a package
"""The dashboards:   python deploy/grafana/dashboard.py [FOLDER]   (deploy/grafana/dashboards without one)

Needs `grafana-foundation-sdk` as pinned in the extra `test`. What they show stands in the tables beside this file.
"""

import sys
from itertools import count
from pathlib import Path
from typing import Any

import agreement
import at_risk
import availability
import itself
import live
from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableOption,
    VariableRefresh,
)
from model import Board, Choice
from panel import SOURCE, made

BOARDS = (live.BOARD, at_risk.BOARD, availability.BOARD, agreement.BOARD, itself.BOARD)
USUAL = "0.95"  # of a choice among fixed values


def built(board: Board) -> dashboard.Dashboard:
    """The whole dashboard."""
    whole = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["slamon", "sla"])
        .readonly()
        .refresh(board.refresh)
        .time(board.since, "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(_to_the_others())
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    )
    for name, choice in board.choices.items():
        whole = whole.with_variable(_variable(name, choice))
    number = count(1)
    for title, panels in board.rows.items():
        whole = whole.with_row(dashboard.Row(title).id(next(number)))
        for panel in panels:
            whole = whole.with_panel(made(panel).id(next(number)))
    return whole


def _to_the_others() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("slamon").type(DashboardLinkType.DASHBOARDS).tags(["slamon"])
    return link.include_vars(True).keep_time(True)


def _variable(name: str, choice: Choice) -> Any:
    if choice.fixed:
        usual = VariableOption(text=USUAL, value=USUAL, selected=True)
        return dashboard.CustomVariable(name).label(choice.label).values(choice.values).current(usual)
    variable = dashboard.QueryVariable(name).label(choice.label).datasource(SOURCE).query(choice.values)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True).all_value(".*")


def text(board: Board) -> str:
    """The dashboard as Grafana reads it."""
    return JSONEncoder(sort_keys=True, indent=2).encode(built(board).build()) + "\n"


def write(folder: Path) -> None:
    """A file for each of them."""
    for board in BOARDS:
        (folder / f"{board.uid}.json").write_text(text(board))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "dashboards")
