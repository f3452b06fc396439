"""Pages for people."""

from django.urls import URLPattern, path

from web.views import (
    cards,
    counter,
    enquiries,
    holds,
    intake,
    jobs,
    ledger,
    logs,
    offices,
    partner,
    print_check,
    resident,
    review,
    session,
    shelf,
    shipments,
    villages,
)

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", session.home, name="home"),
    path("bahasa/", session.set_language, name="language"),
    # cards
    path("kartu/", cards.card_list, name="cards"),
    path("kartu/cari/", cards.card_search, name="cards-search"),
    path("kartu/unduh/", cards.card_export, name="cards-export"),
    path("kartu/<str:reference>/", cards.card_page, name="card"),
    path("kartu/<str:reference>/buka/", cards.card_open, name="card-open"),
    # intake
    path("cetakan/", intake.intake, name="intake"),
    path("cetakan/templat/", intake.intake_template, name="intake-template"),
    path("cetakan/<uuid:file_id>/", intake.intake_file, name="intake-file"),
    path("cetakan/<uuid:file_id>/ditolak/", intake.intake_rejected, name="intake-rejected"),
    path("periksa-cetakan/", print_check.print_check, name="print-check"),
    path("periksa-cetakan/batal/", print_check.undo, name="print-check-undo"),
    # addresses and areas
    path("tinjau-alamat/", review.review, name="review"),
    path("tinjau-alamat/kelompok/", review.review_group, name="review-group"),
    path("tahan-wilayah/", holds.hold_list, name="holds"),
    path("tahan-wilayah/<str:village_code>/", holds.hold_new, name="hold-new"),
    path("tahan-wilayah/<int:hold_id>/lepas/", holds.hold_release, name="hold-release"),
    # shipments
    path("kiriman/", shipments.shipment_list, name="shipments"),
    path("kiriman/<int:shipment_id>/", shipments.shipment_page, name="shipment"),
    # long work
    path("pekerjaan/", jobs.job_list, name="jobs"),
    path("pekerjaan/<uuid:job_id>/", jobs.job_page, name="job"),
    path("pekerjaan/<uuid:job_id>/henti/", jobs.job_cancel, name="job-cancel"),
    # supervision
    path("buku-besar/", ledger.ledger, name="ledger"),
    path("buku-besar/unduh.<str:kind>", ledger.ledger_export, name="ledger-export"),
    path("audit/", logs.audit_list, name="audit"),
    path("akses/", logs.access_list, name="access-log"),
    # offices
    path("kantor/", offices.office_list, name="offices"),
    path("penutupan/", offices.closure_list, name="closures"),
    path("penutupan/<int:closure_id>/batal/", offices.closure_end, name="closure-end"),
    path("delegasi/", offices.delegation_list, name="delegations"),
    path("delegasi/<int:delegation_id>/batal/", offices.delegation_end, name="delegation-end"),
    path("kuota/", offices.quota_list, name="quotas"),
    # the counter
    path("loket/", counter.desk, name="counter"),
    path("loket/serahkan/", counter.give_out, name="counter-give"),
    path("loket/selesai/<int:collection_id>/", counter.done, name="counter-done"),
    path("loket/pengambilan/", counter.collections, name="collections"),
    path("loket/pengambilan/<int:collection_id>/batal/", counter.undo, name="collection-undo"),
    path("loket/rak/", shelf.shelf, name="shelf"),
    path("pemindahan/", shelf.transfers, name="transfers"),
    path("pemindahan/<int:transfer_id>/", shelf.transfer, name="transfer"),
    path("retur/", shelf.returns, name="returns"),
    path("retur/arahkan/", shelf.route, name="returns-route"),
    path("daftar-desa/", villages.village_lists, name="village-lists"),
    path("daftar-desa/<int:list_id>/", villages.village_list, name="village-list"),
    path("pertanyaan/", enquiries.enquiries, name="enquiries"),
    path("pertanyaan/<int:enquiry_id>/", enquiries.enquiry, name="enquiry"),
    # the post's side
    path("kiriman/<int:shipment_id>/terima/", partner.receive, name="shipment-receive"),
    # residents, without an account
    path("lacak/", resident.track, name="track"),
    path("lacak/kartu/", resident.card, name="track-card"),
    path("lacak/hari/", resident.choose_day, name="track-day"),
    path("lacak/tanya/", resident.question, name="track-question"),
    path("lacak/tutup/", resident.leave, name="track-leave"),
    path("t/<str:token>/", resident.link, name="track-link"),
    path("t/<str:token>", resident.link),
]
