"""The same work; ATOMIC_REQUESTS begins before each view, and commits when it has returned."""

from __future__ import annotations

import json

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from benchmarks.opponents.with_django.models import Account, Note


@require_GET
def read_account(request: HttpRequest, number: int) -> JsonResponse:
    """Read one row by its primary key."""
    account = get_object_or_404(Account, pk=number)
    return JsonResponse({"id": account.id, "balance": account.balance})


@require_POST
def add_note(request: HttpRequest) -> JsonResponse:
    """Insert one row."""
    note = Note.objects.create(body=json.loads(request.body)["body"])
    return JsonResponse({"id": note.id}, status=201)
