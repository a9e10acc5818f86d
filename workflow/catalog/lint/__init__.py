from workflow.catalog.lint.registry import CHECKS, check

__all__ = ["CHECKS", "check"]
