"""The kinds of documents there are, and those a later version will know."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from slamon.policy_file.forms import AgreementSpec, CalendarSpec, Form, Metadata, OverrideSpec, TicketSLASpec
from slamon.policy_file.uptime_forms import MaintenanceSpec, UptimeSLASpec


class Versioned(Form):
    """What every document says first."""

    api_version: Literal["slamon/v1"] = Field(alias="apiVersion")


class AgreementDocument(Versioned):
    kind: Literal["Agreement"]
    metadata: Metadata
    spec: AgreementSpec


class CalendarDocument(Versioned):
    kind: Literal["Calendar"]
    metadata: Metadata
    spec: CalendarSpec


class TicketSLADocument(Versioned):
    kind: Literal["TicketSLA"]
    metadata: Metadata
    spec: TicketSLASpec


class UptimeSLADocument(Versioned):
    kind: Literal["UptimeSLA"]
    metadata: Metadata
    spec: UptimeSLASpec


class MaintenanceDocument(Versioned):
    kind: Literal["Maintenance"]
    metadata: Metadata
    spec: MaintenanceSpec


class OverrideDocument(Versioned):
    kind: Literal["Override"]
    metadata: Metadata
    spec: OverrideSpec


PolicyDocument = TicketSLADocument | UptimeSLADocument
FormDocument = (
    AgreementDocument
    | CalendarDocument
    | TicketSLADocument
    | UptimeSLADocument
    | MaintenanceDocument
    | OverrideDocument
)
POLICY_KINDS = ("TicketSLA", "UptimeSLA")
KINDS: Mapping[str, type[FormDocument]] = {
    "Agreement": AgreementDocument,
    "Calendar": CalendarDocument,
    "TicketSLA": TicketSLADocument,
    "UptimeSLA": UptimeSLADocument,
    "Maintenance": MaintenanceDocument,
    "Override": OverrideDocument,
}
LATER_KINDS = ("KPI", "Credit")
