"""Definition files made values: `load_folder` for a whole folder, `check_text` for one file that somebody edits."""

from workflow.catalog.compile import Names
from workflow.catalog.library import Library, Report, check_text, load_folder

__all__ = ["Library", "Names", "Report", "check_text", "load_folder"]
