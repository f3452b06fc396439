"""Pages for people."""

from django.urls import URLPattern, path

from web.views import session

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", session.home, name="home"),
    path("bahasa/", session.set_language, name="language"),
]
