"""Quality assurance: what is done about data quality around the checks themselves."""
