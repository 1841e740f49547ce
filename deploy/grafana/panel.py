# noqa: INP001  beside the script that reads it
"""A panel's table row as Grafana's model has it."""

from collections.abc import Mapping
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
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from model import Panel, Query

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
REFS = "ABCDEFGH"
HEIGHT = {"stat": 4}
DECIMALS = {"percentunit": 2}  # of a column
NOW = {"stat", "gauge", "table"}  # show the last value alone
LABELS = {"policy": "Policy", "objective": "Objective", "service": "Service", "priority": "Priority", "version": "Version", "python": "Python", "faust": "Faust"}  # fmt: skip


def made(panel: Panel) -> Any:
    """The panel, without an id."""
    built = _empty(panel).title(panel.title).description(panel.description).datasource(SOURCE).unit(panel.unit)
    built = built.span(panel.width).height(panel.height or HEIGHT.get(panel.form, 8)).no_value(panel.empty)
    if panel.every:
        built = built.interval(panel.every)
    if panel.decimals is not None or panel.form == "table":
        built = built.decimals(panel.decimals or 0)  # a table's numbers are counts, unless a column says otherwise
    if panel.limits:
        steps = [Threshold(value, colour) for value, colour in panel.limits]
        built = built.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    if panel.states:
        told = {str(number): ValueMappingResult(text=text, color=colour) for number, text, colour in panel.states}
        built = built.mappings([ValueMap(options=told)])
    for ref, query in zip(REFS, panel.queries, strict=False):
        built = built.with_target(_target(query, ref, panel.form))
    return built


def _empty(panel: Panel) -> Any:
    last = common.ReduceDataOptions().calcs(["lastNotNull"])
    if panel.form == "stat":
        return stat.Panel().reduce_options(last)
    if panel.form == "gauge":
        return bargauge.Panel().reduce_options(last)
    if panel.form == "states":
        return statetimeline.Panel().legend(_legend())
    if panel.form == "table":
        return _table(panel)
    lines = timeseries.Panel().legend(_legend()).tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    if panel.form == "bars":
        lines = lines.draw_style(GraphDrawStyle.BARS).fill_opacity(80)
    if panel.form in {"bars", "stack"}:
        lines = lines.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
    return lines.fill_opacity(20) if panel.form == "stack" else lines


def _table(panel: Panel) -> Any:
    """One row for each combination of labels, one column for each query."""
    organized = {"excludeByName": {"Time": True}, "renameByName": _columns(panel)}
    built = table.Panel().with_transformation(DataTransformerConfig("merge", options={}))
    built = built.with_transformation(DataTransformerConfig("organize", options=organized))
    for query in panel.queries:
        if query.unit:
            told = [DynamicConfigValue("unit", query.unit), DynamicConfigValue("decimals", DECIMALS.get(query.unit, 0))]
            built = built.override_by_name(query.legend, told)
    return built


def _columns(panel: Panel) -> Mapping[str, str]:
    if len(panel.queries) == 1:
        return {**LABELS, "Value": panel.queries[0].legend}
    return {**LABELS, **{f"Value #{ref}": query.legend for ref, query in zip(REFS, panel.queries, strict=False)}}


def _legend() -> common.VizLegendOptions:
    shown = common.VizLegendOptions().show_legend(True)
    return shown.display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)


def _target(query: Query, ref: str, form: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expression).ref_id(ref).datasource(SOURCE)
    if form == "table":
        return target.instant().format(PromQueryFormat.TABLE)
    target = target.legend_format(query.legend)
    return target.instant() if form in NOW else target.range().exemplar(query.exemplars)
