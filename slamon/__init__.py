"""Streaming SLA breach monitor."""

__version__ = "0.1.0"
