"""Matching of supply and demand (供需对接): a unit asks for data, its owner answers, both against the clock."""
