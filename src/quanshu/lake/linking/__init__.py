"""Records of one person or enterprise across sources: standardised, compared, scored."""
