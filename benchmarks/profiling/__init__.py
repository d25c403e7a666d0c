"""Where a request's time goes: the CPU time of one POST and one GET, by room, as docs/performance.md shows it."""
