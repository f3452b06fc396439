"""Where each door hangs."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

admin.autodiscover()
# The admin has no form of its own to sign in: it would know neither the brake on guessing nor the second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "config.errors.server_error"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("akun/", include("allauth.urls")),
    path("api/v1/", include("api.urls")),
    path("", include("web.urls")),
]
