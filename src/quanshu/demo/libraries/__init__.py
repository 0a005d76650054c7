"""Libraries and models that the demo city is played with."""
