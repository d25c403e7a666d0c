"""Where a request's time goes: the CPU of one POST and of one GET by room, for docs/performance.md."""
