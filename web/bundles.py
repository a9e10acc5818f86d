"""The whole log on its way out of the house: as a file on disk, so that no slow reader holds the database or the memory."""

import tempfile
from pathlib import Path

from flask import Response, send_file

from web.actors import current_caller
from web.wiring import office
from workflow.engine import Reason
from workflow.services.bundles import export


def download(*, private: bool) -> Response | Reason:
    """The log in one file, to be saved under the export's own number; or why the asker may not take it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "audit.zip"
        made = export(office(), current_caller(), place, private=private)
        if isinstance(made, Reason):
            return made
        # Open already: it is read to its end though its name is gone.
        file = place.open("rb")
        size = place.stat().st_size
    name = f"audit-{made.bundled.size}-{made.number}.zip"
    response = send_file(file, mimetype="application/zip", as_attachment=True, download_name=name, max_age=0)
    response.content_length = size
    response.headers["Cache-Control"] = "private, no-store"
    return response
