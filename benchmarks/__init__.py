"""Measurements behind what the documentation claims; each is run by a target of the Makefile."""
