"""Pages for people: server-rendered, working without JavaScript, on the same use cases as the API."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy

from myapp.web import formatting
from myapp.web.addresses import address_here, address_of

# An hour: a file keeps its name when it changes.
_STATIC_FRESH_S = 3600


def includeme(config: Configurator) -> None:
    """Add the templates, the static files, and the table of pages."""
    config.add_settings(
        {
            "jinja2.directories": "myapp.web:templates",
            # A misspelt name in a template is a failure, and not an empty place on the page.
            "jinja2.undefined": "strict",
            "jinja2.filters": formatting.FILTERS,
            "jinja2.globals": {"address_of": address_of, "address_here": address_here},
            "jinja2.trim_blocks": "true",
            "jinja2.lstrip_blocks": "true",
        }
    )
    config.include("pyramid_jinja2")
    config.add_jinja2_renderer(".html")
    secure = config.registry["settings"].cookies_secure
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy(httponly=True, secure=secure, samesite="Lax"))
    config.add_static_view("static", "static", cache_max_age=_STATIC_FRESH_S, request_method=("GET", "HEAD"))
    config.include("myapp.web.signing_in")  # a page's visitor shows the key of a cookie
    config.include("myapp.web.problem_page")  # refusals as pages, where a page was asked for
    config.include("myapp.web.requests")  # what the page for operators counts
    config.include("myapp.web.registration")  # the table of pages
