"""Where each door hangs."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path

admin.autodiscover()
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]

handler500 = "config.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("akun/", include("allauth.urls")),
    path("api/v1/", include("api.urls")),
    path("", include("web.urls")),
]
