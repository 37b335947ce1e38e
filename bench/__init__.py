"""Measure this machine: `twogether bench`."""
