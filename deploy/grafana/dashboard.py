# noqa: INP001  a script beside what it writes, not a package
"""The dashboard of live SLA health:   python deploy/grafana/dashboard.py > deploy/grafana/slamon.json

Needs `grafana-foundation-sdk` as pinned in the extra `test`. The tables stand in panels.py.
"""

import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from panels import INPUT, ITSELF, OVERVIEW, PROMISES, SERVICES, Panel, Query

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


def made() -> dashboard.Dashboard:
    """The whole dashboard."""
    board = (
        dashboard.Dashboard("slamon: live SLA health")
        .uid("slamon-live")
        .description("Which promises are at risk now, which were broken, and whether slamon itself sees everything.")
        .tags(["slamon", "sla"])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_choice("policy", "Policy", "label_values(slamon_open_clocks, policy)"))
        .with_variable(
            _choice("objective", "Objective", 'label_values(slamon_open_clocks{policy=~"$policy"}, objective)')
        )
        .with_variable(_choice("service", "Service", 'label_values(slamon_service_state{policy=~"$policy"}, service)'))
    )
    number = count(1)
    for title, panels in _rows():
        board = board.with_row(dashboard.Row(title).id(next(number)))
        for panel in panels:
            board = board.with_panel(panel.id(next(number)))
    return board


def _rows() -> Iterator[tuple[str, list[Any]]]:
    yield "Promises", [*(_panel(panel) for panel in PROMISES), _overview()]
    yield "Services", [_panel(panel) for panel in SERVICES]
    yield "Input", [_panel(panel) for panel in INPUT]
    yield "slamon itself", [_panel(panel) for panel in ITSELF]


def _choice(name: str, label: str, query: str) -> dashboard.QueryVariable:
    variable = dashboard.QueryVariable(name).label(label).datasource(SOURCE).query(query)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True).all_value(".*")


def _panel(panel: Panel) -> Any:
    built = _empty(panel).title(panel.title).description(panel.description).datasource(SOURCE).unit(panel.unit)
    built = built.span(panel.width).height(4 if panel.form == "stat" else 8)
    if panel.decimals is not None:
        built = built.decimals(panel.decimals)
    if panel.limits:
        steps = [Threshold(value, colour) for value, colour in panel.limits]
        built = built.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    if panel.states:
        told = {str(number): ValueMappingResult(text=text, color=colour) for number, text, colour in panel.states}
        built = built.mappings([ValueMap(options=told)])
    for index, query in enumerate(panel.queries):
        built = built.with_target(_target(query, "ABCDEF"[index], instant=panel.form in {"stat", "gauge"}))
    return built


def _empty(panel: Panel) -> Any:
    if panel.form == "stat":
        return stat.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    if panel.form == "gauge":
        return bargauge.Panel().reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    if panel.form == "states":
        return statetimeline.Panel().legend(_legend())
    lines = timeseries.Panel().legend(_legend()).tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    if panel.form == "bars":
        lines = lines.draw_style(GraphDrawStyle.BARS).fill_opacity(80)
    if panel.form in {"bars", "stack"}:
        lines = lines.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    return lines.fill_opacity(20) if panel.form == "stack" else lines


def _legend() -> common.VizLegendOptions:
    shown = common.VizLegendOptions().show_legend(True)
    return shown.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)


def _target(query: Query, ref: str, *, instant: bool) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id(ref).datasource(SOURCE)
    return target.instant() if instant else target.range().exemplar(query.exemplars)


def _overview() -> Any:
    """The table of all promises, worst first."""
    built = (
        table.Panel()
        .title("Promises")
        .description("Every promise: what is open, what is due, what was broken in the chosen range.")
        .datasource(SOURCE)
        .unit("short")
        .span(24)
        .height(9)
        .with_transformation(DataTransformerConfig("merge", {}))
        .with_transformation(
            DataTransformerConfig("organize", {"excludeByName": {"Time": True}, "renameByName": _columns()})
        )
        .override_by_name("Attainment", [DynamicConfigValue("unit", "percentunit"), DynamicConfigValue("decimals", 2)])
    )
    for ref, expression in zip("ABCDEF", OVERVIEW.values(), strict=True):
        target = prometheus.Dataquery().expr(expression).ref_id(ref).datasource(SOURCE)
        built = built.with_target(target.instant().format(PromQueryFormat.TABLE))
    return built


def _columns() -> dict[str, str]:
    values = {f"Value #{ref}": column for ref, column in zip("ABCDEF", OVERVIEW, strict=True)}
    return {"policy": "Policy", "objective": "Objective", **values}


def text() -> str:
    """The dashboard as Grafana imports it."""
    return JSONEncoder(sort_keys=True, indent=2).encode(made().build()) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
