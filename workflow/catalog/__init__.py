"""Definition files made values: `load_folder` for a whole folder, `check_text` for one file that somebody edits."""

from workflow.catalog.compile import Names
from workflow.catalog.library import Beside, Library, Report, Source, accepted_text, check_file, check_text, load_folder

__all__ = ["Beside", "Library", "Names", "Report", "Source", "accepted_text", "check_file", "check_text", "load_folder"]
