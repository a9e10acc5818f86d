"""The demonstration office: a commune that has lived with its directive from June to 20 November 2026."""

from workflow.services.demonstration.play import Built, Stage, build, password_of

__all__ = ["Built", "Stage", "build", "password_of"]
