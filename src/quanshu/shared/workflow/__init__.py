"""Workflow: transition tables, working-day clocks, the calendar, and one to-do list."""
