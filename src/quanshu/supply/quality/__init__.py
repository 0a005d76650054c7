"""Data quality: rules, scans, scorecards, and problems that close only when the rule passes again."""
