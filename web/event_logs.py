"""An event log on its way out of the house: as a file on disk first, so that no slow reader holds the database."""

import tempfile

from flask import Response, send_file

from web.actors import current_caller
from web.i18n import label
from web.wiring import office, organisation
from workflow.engine import Reason
from workflow.services.event_logs import export


def download(form: str) -> Response | Reason:
    """The moves in that form, to be saved under the export's own number; or why the asker may not take them."""
    house = organisation()
    made = export(office(), current_caller(), form, label(house.name) if house else "")
    if isinstance(made, Reason):
        return made
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response, and gone with it
    file.writelines(piece.encode() for piece in made.pieces)
    file.seek(0)
    response = send_file(file, mimetype=made.type, as_attachment=True, download_name=made.name, max_age=0)
    response.headers["Cache-Control"] = "private, no-store"
    return response
