"""A workflow and approval engine built around a state machine."""

__version__ = "0.1.0"
