"""What a WSGI server is pointed at: `web.wsgi:app`."""

from web import create_app
from web.settings import Settings

app = create_app(Settings.from_environ())
