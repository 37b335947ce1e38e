"""Candidates, assignment, offers, reasons."""
