"""The two addresses."""

from __future__ import annotations

from django.urls import path

from benchmarks.opponents.with_django import views

urlpatterns = [
    path("accounts/<int:number>", views.read_account),
    path("notes", views.add_note),
]
